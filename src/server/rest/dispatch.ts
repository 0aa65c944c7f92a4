import { type Call, shuttingDown } from '../../core/index.js';
import type { Authenticate } from '../../governance/index.js';
import { isStream, type WireResponse, type WireStream } from '../../protocols/index.js';
import { readBody } from '../http/body.js';
import type { HttpExchange } from '../http/exchange.js';
import { createInferenceMatcher, type InferenceMatch } from './match-inference.js';
import { ExchangeRequest } from './route-request.js';
import type { TableRow } from './route-table.js';
import type { Router } from './router.js';

export interface RestOptions {
  /** Routes that run models; all others are the router's. */
  readonly inferences: readonly TableRow[];
  readonly router: Router;
  readonly authenticate: Authenticate;
  readonly maxBodyBytes: number;
  readonly draining: () => boolean;
}

const NO_JSON = Object.freeze({});

/** Takes inferences the short way and everything else by the router. */
export function createRestDispatch(options: RestOptions): (exchange: HttpExchange) => void {
  const { router, authenticate, maxBodyBytes, draining } = options;
  const match = createInferenceMatcher(options.inferences);

  function infer(exchange: HttpExchange, { row, params }: InferenceMatch): void {
    const { dialect, route } = row;
    exchange.route = route.path;
    exchange.dialect = dialect;
    if (draining()) throw shuttingDown();
    const send = (answer: WireResponse | WireStream) =>
      isStream(answer) ? void exchange.stream(answer) : exchange.send(answer, true);
    const read = (call: Call) =>
      readBody(exchange, maxBodyBytes, (body) => {
        const answer = route.handle(call, new ExchangeRequest(exchange, { params, body, json: NO_JSON }));
        if (answer instanceof Promise) answer.then(send, (error: unknown) => exchange.fail(error));
        else send(answer);
      });
    const entered = exchange.enter(authenticate, route.streams === true ? Number.POSITIVE_INFINITY : undefined);
    if (entered instanceof Promise) entered.then(read).catch((error: unknown) => exchange.fail(error));
    else read(entered);
  }

  return (exchange) => {
    const { method, url = '' } = exchange.req;
    const found = match(method, url);
    if (found === undefined) router.dispatch(exchange);
    else infer(exchange, found);
  };
}
