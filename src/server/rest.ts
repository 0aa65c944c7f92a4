import { MillraceError } from '../core/index.js';
import type { Authenticate } from '../governance/index.js';
import { INFER_ROUTES, type InferHandler, matchInfer } from '../protocols/index.js';
import { readBody } from './body.js';
import type { Exchange } from './exchange.js';
import type { Router } from './router.js';

export interface RestOptions {
  readonly infer: InferHandler;
  readonly router: Router;
  readonly authenticate: Authenticate;
  readonly maxBodyBytes: number;
  readonly draining: () => boolean;
}

/** Takes inferences the short way and everything else by the router. */
export function createRestDispatch(options: RestOptions): (exchange: Exchange) => void {
  const { infer, router, authenticate, maxBodyBytes, draining } = options;
  return (exchange) => {
    const { req } = exchange;
    const url = req.url ?? '';
    const target = req.method === 'POST' ? matchInfer(url) : undefined;
    if (target === undefined) {
      router.dispatch(exchange);
      return;
    }
    exchange.route = INFER_ROUTES[target.version === undefined ? 0 : 1].path;
    if (draining()) throw new MillraceError('unavailable', 'the server is shutting down');
    const call = exchange.begin(authenticate(req.headers.authorization));
    readBody(exchange, maxBodyBytes, (body) => {
      infer(call, target, { method: 'POST', url, headers: req.headers, body }).then(
        (response) => exchange.send(response, true),
        (error: unknown) => exchange.fail(error),
      );
    });
  };
}
