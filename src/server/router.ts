import type { Exchange } from './exchange.js';
import type { BoundRouter, RouterOptions } from './fastify-router.js';

export interface Router {
  /** Answers the exchange, now or later; what comes before the routes are bound waits for that. */
  dispatch(exchange: Exchange): void;
  /** Binds the routes, unless they are; rejects when that fails. */
  bind(): Promise<BoundRouter>;
  close(): Promise<void>;
}

/** A router that is loaded when it is first needed: importing fastify takes longer than a small model. */
export function createRouter(options: RouterOptions): Router {
  let bound: BoundRouter | undefined;
  let binding: Promise<BoundRouter> | undefined;
  const bind = (): Promise<BoundRouter> => {
    binding ??= import('./fastify-router.js')
      .then((module) => module.bindRouter(options))
      .then((router) => {
        bound = router;
        return router;
      });
    return binding;
  };
  return {
    dispatch(exchange) {
      if (bound !== undefined) bound.dispatch(exchange);
      else
        bind().then(
          (router) => router.dispatch(exchange),
          (error: unknown) => exchange.fail(error),
        );
    },
    bind,
    async close() {
      await (await binding)?.close();
    },
  };
}
