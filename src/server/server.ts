import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Clock, type EventBus, MillraceError, type Principal } from '../core/index.js';
import { createOipRoutes, type ToConfig, type WireResponse } from '../protocols/index.js';
import type { Service } from '../service/index.js';
import { ByteBudget } from './byte-budget.js';
import type { ExchangeContext } from './exchange.js';
import { type Entrance, Gate } from './gate.js';
import { InFlight } from './in-flight.js';
import { type Address, Listener } from './listener.js';
import type { ServerOptions } from './options.js';
import { createRequestIds } from './request-id.js';
import { createRestDispatch, INFER_ROUTES, type InferHandler } from './rest.js';
import { createRouter } from './router.js';
import { createTlsFiles } from './tls.js';

export interface ServerDependencies {
  readonly options: ServerOptions;
  readonly service: Service;
  /** Who calls, by the `Authorization` header. Throws `unauthenticated`. */
  readonly authenticate: (authorization: string | undefined) => Principal;
  readonly events: EventBus;
  readonly clock: Clock;
  readonly infer: InferHandler;
  readonly encodeError: (error: MillraceError) => WireResponse;
  readonly toConfig: ToConfig;
}

export interface Addresses {
  readonly http: Address;
  /** Model control, where it has a port of its own. */
  readonly admin: Address | undefined;
}

/** The HTTP side of millrace. */
export interface Server {
  listen(): Promise<Addresses>;
  /** Answers one request of somebody else's HTTP server; the body must not have been read. Needs no {@link listen}. */
  handler(req: IncomingMessage, res: ServerResponse): void;
  /** From now on inferences are refused as `unavailable` and answers close their connection; what was accepted goes on. */
  drain(): void;
  /**
   * Drains, waits for what was accepted at most `gracePeriodMs`, cancels the rest, and gives up the ports.
   */
  close(gracePeriodMs: number): Promise<void>;
}

/** Answers of cancelled calls get this long to leave. */
const FAREWELL_MS = 1_000;

export function createServer(dependencies: ServerDependencies): Server {
  const { options, clock } = dependencies;
  const inFlight = new InFlight();
  let draining = false;
  const context: ExchangeContext = {
    options,
    clock,
    events: dependencies.events,
    bodyBudget: new ByteBudget(options.maxBufferedBytes),
    requestId: createRequestIds(),
    encodeError: dependencies.encodeError,
    draining: () => draining,
    onOpen: (exchange) => inFlight.add(exchange),
    onSettled: (exchange) => inFlight.remove(exchange),
  };
  const gate = new Gate(context);
  const tls = createTlsFiles(options.tls, dependencies);
  const separateAdmin = options.adminPort >= 0;
  const allRoutes = createOipRoutes(dependencies.service, dependencies.toConfig);
  const rest = createRouter({
    ...dependencies,
    routes: separateAdmin ? allRoutes.filter((route) => !route.control) : allRoutes,
    elsewhere: INFER_ROUTES,
    maxBodyBytes: options.maxInputBytes,
    openApi: { info: API_INFO, paths: {} },
  });
  const dispatch = createRestDispatch({
    ...dependencies,
    router: rest,
    maxBodyBytes: options.maxInputBytes,
    draining: context.draining,
  });
  const shared = { context, gate, tls };
  const httpListener = new Listener({ ...shared, port: options.httpPort, portSetting: 'httpPort', dispatch });
  const mounted: Entrance = { loopback: 'socket', dispatch };
  const listeners = [httpListener];
  const drain = () => {
    draining = true;
  };

  return {
    async listen() {
      await rest.ready();
      return { http: await httpListener.listen(), admin: undefined };
    },
    handler: (req, res) => gate.enter(mounted, { req, res }),
    drain,
    async close(gracePeriodMs) {
      drain();
      await within(clock, gracePeriodMs, inFlight.empty());
      inFlight.cancelAll(new MillraceError('unavailable', 'the server is shutting down'));
      await within(clock, FAREWELL_MS, inFlight.empty());
      const stopped = listeners.map((listener) => listener.stop());
      for (const listener of listeners) listener.destroyConnections();
      await Promise.all(stopped);
      await rest.close();
    },
  };
}

const API_INFO = {
  title: 'millrace',
  version: '2',
  description: 'Open Inference Protocol v2 with the extensions of Triton.',
};

/** Waits for `done`, but no longer than `timeoutMs`. */
async function within(clock: Clock, timeoutMs: number, done: Promise<void>): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = clock.setTimer(timeoutMs, resolve);
    void done.then(() => {
      timer.clear();
      resolve();
    });
  });
}
