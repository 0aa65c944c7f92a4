import { MillraceError } from '../core/index.js';
import { type Dialect, loadGrpcServices } from '../protocols/index.js';
import type { ListeningSocket } from '../systemd/index.js';
import type { ServerDependencies } from './dependencies.js';
import { type Address, createEndpoints, type Endpoint, placeOf } from './endpoint.js';
import type { GrpcServer } from './grpc/index.js';
import type { GrpcListener } from './grpc/listener.js';
import type { HttpContext, StreamingExchange } from './http/exchange.js';
import type { Entrance, Gate } from './http/gate.js';
import { HttpListener } from './http-listener.js';
import { nameOfDialectPort } from './inherited.js';
import type { WholeInferences } from './rest/dispatch.js';
import { createMetricsDispatch } from './rest/metrics.js';
import type { Router } from './rest/router.js';
import { createSignposts } from './rest/signposts.js';
import { createRestSide, type RestSide, withBearerOnly } from './rest-side.js';
import type { TlsPair } from './tls.js';

/** Where the server can be reached; undefined for what it does not have. */
export interface Addresses {
  readonly http: Address;
  readonly grpc: Address | undefined;
  readonly httpSocket: Address | undefined;
  readonly grpcSocket: Address | undefined;
  readonly metrics: Address | undefined;
  readonly admin: Address | undefined;
  /** By name, the dialects that have ports of their own. */
  readonly dialects: Readonly<Record<string, DialectAddresses>>;
}

export interface DialectAddresses {
  readonly http: Address | undefined;
  readonly grpc: Address | undefined;
}

/** Everything that a server listens with. */
export interface Listeners {
  readonly all: readonly (HttpListener | GrpcListener)[];
  readonly grpc: readonly GrpcListener[];
  readonly routers: readonly Router[];
  /** For requests of the program that embeds the server: those of its own HTTP server, and those that it has as a `Request`. */
  readonly libraryEntrance: Entrance<StreamingExchange>;
  /** Whether the shared HTTP port has a route for the path that runs models. */
  readonly isInference: RestSide['isInference'];
  /** Of all that listen. */
  sockets(): readonly ListeningSocket[];
  /** Opens all of them; rejects at the first that cannot be opened. */
  listen(): Promise<Addresses>;
  /** Gives up those that clients use for models, not those of metrics and administration. Resolves when their last connection is gone. */
  leave(): Promise<void>;
}

/** What answers the requests of a listener. */
interface Answering {
  readonly dispatch: (exchange: StreamingExchange) => void;
  readonly whole?: WholeInferences;
}

interface Parts {
  readonly context: HttpContext;
  readonly gate: Gate;
  readonly grpc: GrpcServer;
  /** undefined = no TLS. */
  readonly tls: TlsPair | undefined;
}

/** Makes the listeners of the settings and of the dialects. Throws `failed_precondition` where two dialects claim the same route. */
export function createListeners(dependencies: ServerDependencies, parts: Parts): Listeners {
  const { options, dialects, switchedOff = [], renderMetrics: render } = dependencies;
  const { context, gate, grpc, tls } = parts;
  const [first] = dialects;
  if (first === undefined) throw new MillraceError('failed_precondition', 'a server needs at least one dialect');
  const routers: Router[] = [];
  const createRest = (served: readonly Dialect[]): RestSide => {
    const side = createRestSide({
      ...dependencies,
      dialects: served,
      fallback: served[0] ?? first,
      maxBodyBytes: options.maxInputBytes,
      draining: context.draining,
      separateControl: options.adminPort >= 0,
      grpcAt: () => {
        const port = grpcPort?.address?.port;
        return port === undefined ? undefined : { port, tls: tls !== undefined };
      },
      signpostAt: createSignposts({ metricsPort: () => metrics?.address?.port, switchedOff }),
    });
    routers.push(...side.routers);
    return side;
  };
  const open = (endpoint: Endpoint, { dispatch, whole }: Answering, dialect = first) =>
    new HttpListener({
      context,
      gate,
      endpoint,
      dispatch,
      whole: options.fastPath ? whole : undefined,
      dialect,
      tls: endpoint.kind === 'port' ? tls : undefined,
    });
  const serveGrpc = (endpoint: Endpoint, loadMethods: ReturnType<typeof loadGrpc>) =>
    grpc.createListener({ endpoint, loadMethods, switchedOff });
  const loadGrpc = (served: readonly Dialect[]) => {
    let loading: ReturnType<typeof loadGrpcServices> | undefined;
    // Listeners of the same dialects serve the same methods.
    return () => (loading ??= loadGrpcServices(served, dependencies));
  };

  const at = createEndpoints(options, dependencies.inherited);
  const shared = dialects.filter(({ apart }) => apart !== true);
  const rest = createRest(shared);
  const loadShared = loadGrpc(shared);
  const http = open(at.http, rest);
  const httpSocket = at.httpSocket && open(at.httpSocket, rest);
  const grpcPort = at.grpc && serveGrpc(at.grpc, loadShared);
  const grpcSocket = at.grpcSocket && serveGrpc(at.grpcSocket, loadShared);
  const metrics =
    at.metrics &&
    render &&
    open(at.metrics, { dispatch: createMetricsDispatch({ ...dependencies, render }) }, withBearerOnly(first));
  const admin = at.admin && rest.adminDispatch && open(at.admin, { dispatch: rest.adminDispatch });
  const own = dialects.map((dialect) => {
    const { name } = dialect;
    const [ofHttp, ofGrpc] = [endpointOf(dialect, 'http', dependencies), endpointOf(dialect, 'grpc', dependencies)];
    return {
      name,
      http: ofHttp && open(ofHttp, createRest([withOwnPortRoutes(dialect)]), dialect),
      grpc: ofGrpc && serveGrpc(ofGrpc, loadGrpc([dialect])),
    };
  });
  const apart = own.filter((each) => each.http !== undefined || each.grpc !== undefined);
  const forModels = [http, httpSocket, grpcPort, grpcSocket, ...apart.flatMap((each) => [each.http, each.grpc])].filter(
    isThere,
  );

  return {
    all: [...forModels, metrics, admin].filter(isThere),
    grpc: [grpcPort, grpcSocket, ...apart.map((each) => each.grpc)].filter(isThere),
    routers,
    isInference: rest.isInference,
    sockets: () =>
      socketsOf({ http, grpc: grpcPort, metrics, admin, 'http-socket': httpSocket, 'grpc-socket': grpcSocket }, apart),
    libraryEntrance: { checksHost: true, dispatch: rest.dispatch, dialect: first },
    leave: async () => void (await Promise.all(forModels.map((listener) => listener.retire()))),
    async listen() {
      const addresses = {
        http: await http.listen(),
        grpc: await grpcPort?.listen(),
        httpSocket: await httpSocket?.listen(),
        grpcSocket: await grpcSocket?.listen(),
        metrics: await metrics?.listen(),
        admin: await admin?.listen(),
      };
      const found: Record<string, DialectAddresses> = {};
      for (const each of apart) found[each.name] = { http: await each.http?.listen(), grpc: await each.grpc?.listen() };
      return { ...addresses, dialects: found };
    },
  };
}

function withOwnPortRoutes(dialect: Dialect): Dialect {
  const { routes, ownPortRoutes = [] } = dialect;
  return { ...dialect, routes: [...routes, ...ownPortRoutes] };
}

/** The port of its own that a dialect's setting names, or the socket that is inherited for it; undefined where it has none. */
function endpointOf(
  { name, ports }: Dialect,
  transport: 'http' | 'grpc',
  { options, inherited }: ServerDependencies,
): Endpoint | undefined {
  const port = ports?.[transport];
  if (port === undefined) return undefined;
  const own: Endpoint = { kind: 'port', host: options.host, port, setting: undefined };
  return placeOf(own, inherited?.dialects?.[nameOfDialectPort(name, transport)]);
}

type Passable = Pick<HttpListener | GrpcListener, 'passable'> | undefined;

/** What listens, by the names of inherited sockets; `apart`: the ports of dialects. */
function socketsOf(
  named: Readonly<Record<string, Passable>>,
  apart: readonly { readonly name: string; readonly http: Passable; readonly grpc: Passable }[],
): readonly ListeningSocket[] {
  const own = apart.flatMap((each) =>
    (['http', 'grpc'] as const).map((transport) => [nameOfDialectPort(each.name, transport), each[transport]] as const),
  );
  return [...Object.entries(named), ...own].flatMap(([name, listener]) => {
    const socket = listener?.passable;
    return socket === undefined ? [] : [{ name, ...socket }];
  });
}

function isThere<Value>(value: Value | undefined): value is Value {
  return value !== undefined;
}
