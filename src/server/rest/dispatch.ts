import { type Call, MillraceError, shuttingDown } from '../../core/index.js';
import type { Authenticate } from '../../governance/index.js';
import { isStream, type Route, type WireResponse, type WireStream } from '../../protocols/index.js';
import { readBody } from '../http/body.js';
import type { HttpExchange } from '../http/exchange.js';
import type { NodeExchange } from '../http/node-exchange.js';
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

/** What answers REST requests. */
export interface RestDispatch {
  /** Answers a request of `node:http`: inferences the short way, everything else by the router. */
  readonly dispatch: (exchange: NodeExchange) => void;
  /** The inferences that are answered in one piece. */
  readonly whole: WholeInferences;
}

/** Inferences whose answers come in one piece, so that they may come by the fast path. */
export interface WholeInferences {
  /** The inference that a URL is for; undefined = none, or one whose answer may come bit by bit. Throws as {@link createInferenceMatcher}. */
  find(method: string, url: string): InferenceMatch | undefined;
  /** Runs what {@link find} has found. */
  infer(exchange: HttpExchange, found: InferenceMatch): void;
}

export function createRestDispatch(options: RestOptions): RestDispatch {
  const { router, authenticate, maxBodyBytes, draining } = options;
  const match = createInferenceMatcher(options.inferences);

  /** `stream` undefined = the answer has to come in one piece. */
  function infer(exchange: HttpExchange, { row, params }: InferenceMatch, stream?: (answer: WireStream) => void): void {
    const { dialect, route } = row;
    exchange.route = route.path;
    exchange.dialect = dialect;
    if (draining()) throw shuttingDown();
    const send = (answer: WireResponse | WireStream) => {
      if (!isStream(answer)) exchange.send(answer, true);
      else if (stream === undefined) exchange.fail(unannouncedStream(route));
      else stream(answer);
    };
    const read = (call: Call) =>
      readBody(exchange, { maxBytes: maxBodyBytes, reads: route.body }, (body) => {
        const answer = route.handle(call, new ExchangeRequest(exchange, { params, body, json: NO_JSON }));
        if (answer instanceof Promise) answer.then(send, (error: unknown) => exchange.fail(error));
        else send(answer);
      });
    const entered = exchange.enter(authenticate, stream === undefined ? undefined : Number.POSITIVE_INFINITY);
    if (entered instanceof Promise) entered.then(read).catch((error: unknown) => exchange.fail(error));
    else read(entered);
  }

  return {
    dispatch(exchange) {
      const { method, url = '' } = exchange.req;
      const found = match(method, url);
      if (found === undefined) router.dispatch(exchange);
      else if (found.row.route.streams === true) infer(exchange, found, (answer) => void exchange.stream(answer));
      else infer(exchange, found);
    },
    whole: {
      find(method, url) {
        const found = match(method, url);
        return found?.row.route.streams === true ? undefined : found;
      },
      infer: (exchange, found) => infer(exchange, found),
    },
  };
}

function unannouncedStream({ method, path }: Route): MillraceError {
  return new MillraceError('internal', `${method} ${path} answered bit by bit, but its route does not say \`streams\``);
}
