import { Value } from '@sinclair/typebox/value';
import { type Clock, DeadlineWatch, EventBus, type Events, type Principal, systemClock } from '../../src/core/index.js';
import { AccessPolicy, createVouching, EMBEDDING_PROGRAM } from '../../src/governance/index.js';
import {
  type Addresses,
  createServer,
  type Server,
  type ServerDependencies,
  type ServerOptions,
  ServerOptionsSchema,
} from '../../src/server/index.js';
import type { Service } from '../../src/service/index.js';
import { createDialects } from './dialects.js';
import { createFakeService } from './fake-service.js';

export const EVERYBODY: Principal = EMBEDDING_PROGRAM;

/** What is not said, `tls` included, is as the settings leave it. */
export type TestServerOptions = Partial<Omit<ServerOptions, 'tls'>> & { readonly tls?: Partial<ServerOptions['tls']> };

export interface TestServerSettings {
  readonly options?: TestServerOptions;
  readonly service?: Service;
  readonly clock?: Clock;
  readonly dependencies?: Partial<ServerDependencies>;
}

/** A real server on free ports of loopback, with a service that the test controls. */
export interface TestServer {
  readonly server: Server;
  readonly addresses: Addresses;
  readonly port: number;
  readonly url: string;
  readonly finished: readonly Events['httpFinished'][];
  readonly diagnostics: readonly Events['diagnostic'][];
  readonly limited: readonly Events['connectionLimited'][];
  /** Resolves with the first event from now on that `match` accepts, those that have been there included. */
  finishedWith(match: (event: Events['httpFinished']) => boolean): Promise<Events['httpFinished']>;
}

/** Server options with all defaults and no metrics port, on any free port. */
export function serverOptions({ tls, ...options }: TestServerOptions = {}): ServerOptions {
  const defaults = Value.Default(ServerOptionsSchema, {}) as ServerOptions;
  return { ...defaults, httpPort: 0, grpcPort: -1, metricsPort: -1, ...options, tls: { ...defaults.tls, ...tls } };
}

const running: Server[] = [];

/** Closes what the test has started; for `afterEach`. */
export async function closeTestServers(): Promise<void> {
  await Promise.all(running.splice(0).map((server) => server.close(0)));
}

/** A server that does not listen yet, and what it publishes. */
export function createTestServer(settings: TestServerSettings = {}) {
  const events = new EventBus();
  const finished: Events['httpFinished'][] = [];
  const diagnostics: Events['diagnostic'][] = [];
  const limited: Events['connectionLimited'][] = [];
  events.subscribe('connectionLimited', (event) => limited.push(event));
  events.subscribe('diagnostic', (event) => diagnostics.push(event));
  events.subscribe('httpFinished', (event) => finished.push(event));
  const options = serverOptions(settings.options);
  const { service = createFakeService(), clock = systemClock } = settings;
  const server = createServer({
    options,
    dialects: createDialects({ service, clock, options }),
    service,
    authenticate: () => EVERYBODY,
    authenticateSigner: async () => EVERYBODY,
    vouchFor: createVouching(new AccessPolicy()),
    requiresKey: false,
    events,
    clock,
    deadlines: new DeadlineWatch(clock),
    renderMetrics: undefined,
    version: '0.0.0',
    ...settings.dependencies,
  });
  const finishedWith = (match: (event: Events['httpFinished']) => boolean) =>
    new Promise<Events['httpFinished']>((resolve) => {
      const known = finished.find(match);
      if (known !== undefined) resolve(known);
      else events.subscribe('httpFinished', (event) => match(event) && resolve(event));
    });
  return { server, finished, diagnostics, limited, finishedWith };
}

export async function startTestServer(settings: TestServerSettings = {}): Promise<TestServer> {
  const created = createTestServer(settings);
  const addresses = await created.server.listen();
  running.push(created.server);
  return { ...created, addresses, port: addresses.http.port, url: addresses.http.url };
}
