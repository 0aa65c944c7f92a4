import type { Clock, Timer } from '../../core/index.js';
import type { StreamingExchange } from '../http/exchange.js';
import type { BoundRouter, RouterOptions } from './fastify-router.js';

export interface Router {
  /** Answers the exchange, now or later; what comes before the routes are bound waits for that. */
  dispatch(exchange: StreamingExchange): void;
  /** Binds the routes, unless they are; rejects when that fails. */
  bind(): Promise<BoundRouter>;
  /** Binds them in a second, unless somebody needs them sooner. */
  bindLater(): void;
  close(): Promise<void>;
}

/** Importing fastify blocks the thread for longer than a small model takes to load, so the first models go first. */
const BIND_AFTER_MS = 1_000;

/** A router that is loaded when it is first needed. */
export function createRouter({ clock, ...options }: RouterOptions & { readonly clock: Clock }): Router {
  let bound: BoundRouter | undefined;
  let binding: Promise<BoundRouter> | undefined;
  let timer: Timer | undefined;
  const bind = (): Promise<BoundRouter> => {
    timer?.clear();
    binding ??= import('./fastify-router.js')
      .then((module) => module.bindRouter(options))
      .then((router) => {
        bound = router;
        return router;
      });
    // It may succeed later: where descriptors ran out, say.
    binding.catch(() => {
      binding = undefined;
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
    bindLater() {
      // Who needs the routes learns what failed.
      timer = clock.setTimer(BIND_AFTER_MS, () => bind().catch(() => undefined));
    },
    async close() {
      timer?.clear();
      await binding?.then(
        (router) => router.close(),
        () => undefined,
      );
    },
  };
}
