import { type Call, shuttingDown } from '../core/index.js';
import type { Authenticate } from '../governance/index.js';
import {
  GENERATE_ROUTES,
  type GenerateHandler,
  INFER_ROUTES,
  type InferHandler,
  matchGenerate,
  matchInfer,
} from '../protocols/index.js';
import { readBody } from './body.js';
import type { Exchange } from './exchange.js';
import type { Router } from './router.js';

export interface RestOptions {
  readonly infer: InferHandler;
  readonly generate: GenerateHandler;
  readonly router: Router;
  readonly authenticate: Authenticate;
  readonly maxBodyBytes: number;
  readonly draining: () => boolean;
}

/** Takes inferences the short way and everything else by the router. */
export function createRestDispatch(options: RestOptions): (exchange: Exchange) => void {
  const { infer, router, authenticate, maxBodyBytes, draining } = options;
  const begin = (exchange: Exchange, route: string): Call => {
    exchange.route = route;
    if (draining()) throw shuttingDown();
    return exchange.begin(authenticate(exchange.req.headers.authorization, exchange.peer));
  };
  const generate = createGenerateDispatch(options, begin);
  return (exchange) => {
    const { req } = exchange;
    const url = req.url ?? '';
    const target = req.method === 'POST' ? matchInfer(url) : undefined;
    if (target === undefined) {
      if (!generate(exchange, url)) router.dispatch(exchange);
      return;
    }
    const { headers, rawHeaders } = req;
    const call = begin(exchange, INFER_ROUTES[target.version === undefined ? 0 : 1].path);
    readBody(exchange, maxBodyBytes, (body) => {
      infer(call, target, { method: 'POST', url, headers, rawHeaders, body }).then(
        (response) => exchange.send(response, true),
        (error: unknown) => exchange.fail(error),
      );
    });
  };
}

/** Takes what is for the generate routes; false for everything else. */
function createGenerateDispatch(
  { generate, maxBodyBytes }: RestOptions,
  begin: (exchange: Exchange, route: string) => Call,
): (exchange: Exchange, url: string) => boolean {
  return (exchange, url) => {
    const { req } = exchange;
    const target = req.method === 'POST' ? matchGenerate(url) : undefined;
    if (target === undefined) return false;
    const routes = GENERATE_ROUTES[target.stream ? 'stream' : 'one'];
    const { headers, rawHeaders } = req;
    const call = begin(exchange, routes[target.version === undefined ? 0 : 1].path);
    readBody(exchange, maxBodyBytes, (body) => {
      generate(call, target, { method: 'POST', url, headers, rawHeaders, body }).then(
        (answer) => ('stream' in answer ? exchange.stream(answer) : exchange.send(answer, true)),
        (error: unknown) => exchange.fail(error),
      );
    });
    return true;
  };
}
