import type { IncomingMessage, ServerResponse } from 'node:http';
import { ByteBudget, type Clock, DeadlineWatch, type EventBus, MillraceError, within } from '../core/index.js';
import type { Authenticate } from '../governance/index.js';
import {
  createGenerateHandler,
  createInferHandler,
  createOipRoutes,
  Decoder,
  describeInferencePaths,
  INFERENCE_ROUTES,
  loadGrpcMethods,
  parseForwardPattern,
} from '../protocols/index.js';
import type { Service } from '../service/index.js';
import { Connections } from './connection.js';
import { createDocsRoutes } from './docs.js';
import { type Address, createEndpoints, type Endpoint } from './endpoint.js';
import type { ExchangeContext } from './exchange.js';
import { type Entrance, Gate } from './gate.js';
import { createGrpcServer } from './grpc/index.js';
import type { GrpcListener } from './grpc/listener.js';
import { Listener } from './listener.js';
import { createMetricsDispatch, type RenderMetrics } from './metrics.js';
import type { ServerOptions } from './options.js';
import { createRequestIds } from './request-id.js';
import { createRestDispatch } from './rest.js';
import { createRouter, type Router } from './router.js';
import { createSignposts } from './signposts.js';
import { openTlsFiles } from './tls.js';

export interface ServerDependencies {
  readonly options: ServerOptions;
  readonly service: Service;
  readonly authenticate: Authenticate;
  /** `authenticate` throws where there is no key. */
  readonly requiresKey: boolean;
  readonly events: EventBus;
  readonly clock: Clock;
  /** undefined = no metrics port. */
  readonly renderMetrics: RenderMetrics | undefined;
  /** Version of the package, for the OpenAPI document. */
  readonly version: string;
}

/** Where the server can be reached; undefined for what it does not have. */
export interface Addresses {
  readonly http: Address;
  readonly grpc: Address | undefined;
  readonly httpSocket: Address | undefined;
  readonly grpcSocket: Address | undefined;
  readonly metrics: Address | undefined;
  readonly admin: Address | undefined;
}

/** All that listens. */
export interface Server {
  /** Opens all ports and sockets, or none: rejects with `failed_precondition` saying which one cannot be had and what to change. */
  listen(): Promise<Addresses>;
  /** Answers one request of somebody else's HTTP server; its body must not have been read. Needs no {@link listen}. */
  handler(req: IncomingMessage, res: ServerResponse): void;
  /** From now on inferences are refused as `unavailable` and answers close their connection; what was accepted goes on. */
  drain(): void;
  /** Drains, waits for what was accepted at most `gracePeriodMs`, cancels the rest, and gives up the ports. */
  close(gracePeriodMs: number): Promise<void>;
}

/** Answers of cancelled calls get this long to leave. */
const FAREWELL_MS = 1_000;

export function createServer(dependencies: ServerDependencies): Server {
  const { options, clock } = dependencies;
  let draining = false;
  const context = createContext(dependencies, () => draining);
  const { connections } = context;
  const gate = new Gate(context);
  const decoder = new Decoder(clock);
  const routers = createRouters(dependencies, () => listeners.metrics?.address?.port);
  const rest = createRestDispatch({
    ...createInference(dependencies, decoder),
    router: routers.rest,
    authenticate: dependencies.authenticate,
    maxBodyBytes: options.maxInputBytes,
    draining: context.draining,
  });
  const tls = openTlsFiles(options.tls, dependencies);
  const grpc = createGrpcServer({
    ...dependencies,
    loadMethods: () => loadMethods(dependencies, decoder),
    budget: context.budget,
    requestId: context.requestId,
    draining: context.draining,
    tls: tls?.pair,
  });
  const open = (endpoint: Endpoint, dispatch: Entrance['dispatch']) =>
    new Listener({ context, gate, tls: endpoint.kind === 'port' ? tls?.pair : undefined, endpoint, dispatch });
  const at = createEndpoints(options);
  const { renderMetrics: render } = dependencies;
  const listeners: Listeners = {
    http: open(at.http, rest),
    httpSocket: at.httpSocket && open(at.httpSocket, rest),
    grpc: at.grpc && grpc.createListener(at.grpc),
    grpcSocket: at.grpcSocket && grpc.createListener(at.grpcSocket),
    metrics: at.metrics && render && open(at.metrics, createMetricsDispatch({ ...dependencies, render })),
    admin: at.admin && routers.admin && open(at.admin, routers.admin.dispatch),
  };
  const opened = Object.values(listeners).filter((listener) => listener !== undefined);
  const idle = () => Promise.all([connections.idle(), grpc.calls.idle()]);
  const drain = () => {
    draining = true;
    connections.hurry();
    listeners.grpc?.drain();
    listeners.grpcSocket?.drain();
    grpc.calls.drain();
  };
  const stop = async (patienceMs: number) => {
    stopWatching?.();
    const stopped = opened.map((listener) => listener.stop());
    await within(
      clock,
      patienceMs,
      Promise.all([listeners.grpc?.sessionsGone(), listeners.grpcSocket?.sessionsGone()]),
    );
    for (const listener of opened) listener.destroyConnections();
    await Promise.all(stopped);
  };
  let stopWatching: (() => void) | undefined;

  return {
    async listen() {
      try {
        const addresses = await listenAll(listeners);
        for (const router of [routers.rest, routers.admin]) router?.bindLater();
        stopWatching = tls?.watch((pair) => {
          for (const listener of opened) listener.renew(pair);
        });
        return addresses;
      } catch (error) {
        await stop(0);
        throw error;
      }
    },
    handler: (req, res) => gate.enter({ checksHost: true, dispatch: rest }, { req, res }),
    drain,
    async close(gracePeriodMs) {
      const giveUpAt = clock.now() + gracePeriodMs;
      drain();
      await within(clock, gracePeriodMs, idle());
      const reason = new MillraceError('unavailable', 'the server is shutting down');
      connections.cancelAll(reason);
      grpc.calls.cancelAll(reason);
      await within(clock, FAREWELL_MS, idle());
      await stop(Math.max(FAREWELL_MS, giveUpAt - clock.now()));
      await Promise.all([routers.rest.close(), routers.admin?.close(), decoder.close()]);
    },
  };
}

function createContext(dependencies: ServerDependencies, draining: () => boolean): ExchangeContext {
  const { options, clock, events, requiresKey } = dependencies;
  return {
    options,
    clock,
    events,
    requiresKey,
    connections: new Connections(clock),
    budget: new ByteBudget('the server', options.maxBufferedBytes),
    deadlines: new DeadlineWatch(clock),
    requestId: createRequestIds(),
    draining,
  };
}

interface Listeners {
  readonly http: Listener;
  readonly httpSocket: Listener | undefined;
  readonly grpc: GrpcListener | undefined;
  readonly grpcSocket: GrpcListener | undefined;
  readonly metrics: Listener | undefined;
  readonly admin: Listener | undefined;
}

async function listenAll(listeners: Listeners): Promise<Addresses> {
  return {
    http: await listeners.http.listen(),
    grpc: await listeners.grpc?.listen(),
    httpSocket: await listeners.httpSocket?.listen(),
    grpcSocket: await listeners.grpcSocket?.listen(),
    metrics: await listeners.metrics?.listen(),
    admin: await listeners.admin?.listen(),
  };
}

/** The inference routes of REST. */
function createInference({ service, clock, options }: ServerDependencies, decoder: Decoder) {
  const forwardHeaders = parseForwardPattern(options.httpHeaderForwardPattern);
  return {
    infer: createInferHandler({ service, maxInputs: options.maxInputs, forwardHeaders, decoder, clock }),
    generate: createGenerateHandler({ service, forwardHeaders, decoder, clock }),
  };
}

/** Everything that is served over gRPC. */
function loadMethods({ service, clock, options }: ServerDependencies, decoder: Decoder) {
  const forwardHeaders = parseForwardPattern(options.grpcHeaderForwardPattern);
  return loadGrpcMethods({ service, clock, maxInputs: options.maxInputs, forwardHeaders, decoder });
}

/** Control routes are on the admin port where there is one, which has all the others too. */
function createRouters(
  dependencies: ServerDependencies,
  metricsPort: () => number | undefined,
): {
  readonly rest: Router;
  readonly admin: Router | undefined;
} {
  const { options, service, requiresKey, version, clock } = dependencies;
  const separate = options.adminPort >= 0;
  const routes = createOipRoutes(service);
  const info = {
    title: 'millrace',
    version,
    description: 'Open Inference Protocol v2 with the extensions of Triton Inference Server.',
  };
  const common = { clock, authenticate: dependencies.authenticate, maxBodyBytes: options.maxInputBytes };
  const rest: Router = createRouter({
    ...common,
    routes: [
      ...(separate ? routes.filter((route) => !route.control) : routes),
      ...createDocsRoutes({ service, requiresKey, document: async () => (await rest.bind()).document() }),
    ],
    elsewhere: INFERENCE_ROUTES,
    signpostAt: createSignposts(metricsPort),
    openApi: { info, paths: describeInferencePaths() },
  });
  const admin = separate ? createRouter({ ...common, routes, elsewhere: [], openApi: { info, paths: {} } }) : undefined;
  return { rest, admin };
}
