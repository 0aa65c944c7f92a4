import { type ClientHttp2Session, connect, type Settings } from 'node:http2';
import { connect as connectSocket, type Socket } from 'node:net';
import {
  type CallOptions,
  Client,
  type ClientOptions,
  type ClientUnaryCall,
  credentials,
  Metadata,
  type ServiceError,
  type StatusObject,
} from '@grpc/grpc-js';
import {
  ByteBudget,
  type Call,
  type Clock,
  DeadlineWatch,
  EventBus,
  type Events,
  PrincipalShares,
  systemClock,
} from '../../src/core/index.js';
import type { Authenticate } from '../../src/governance/index.js';
import {
  GRPC_STATUS,
  type GrpcMethod,
  type GrpcStream,
  type GrpcStreamHandler,
  type UnaryMethod,
} from '../../src/protocols/index.js';
import { Arrivals } from '../../src/server/arrivals.js';
import type { Endpoint } from '../../src/server/endpoint.js';
import { createGrpcServer, type GrpcServer } from '../../src/server/grpc/index.js';
import type { ServerOptions } from '../../src/server/options.js';
import { QuotaHeaders } from '../../src/server/quota-headers.js';
import { UNRECORDED } from '../../src/tracing/index.js';
import { EVERYBODY, serverOptions } from './http-server.js';

export const ECHO_PATH = '/test.Echo/Echo';

/** Answers each message with itself. */
export const ECHO: GrpcMethod = unary((_call, message) => [message]);

/** A method `/test.Echo/Echo` that does what the test wants. */
export function unary(handle: UnaryMethod['handle'], more: Partial<UnaryMethod> = {}): UnaryMethod {
  return { kind: 'unary', path: ECHO_PATH, access: 'key', control: false, largeMessages: true, handle, ...more };
}

export const STREAM_PATH = '/test.Echo/Stream';

/** A method `/test.Echo/Stream`; what `open` leaves out does nothing. */
export function streaming(open: (stream: GrpcStream) => Partial<GrpcStreamHandler>): GrpcMethod {
  return {
    kind: 'stream',
    path: STREAM_PATH,
    access: 'key',
    control: false,
    largeMessages: true,
    open: (stream) => ({
      onMessage: () => undefined,
      onHalfClose: () => stream.end(),
      onBroken: () => undefined,
      ...open(stream),
    }),
  };
}

export interface TestGrpcSettings {
  readonly methods?: readonly GrpcMethod[];
  readonly options?: Partial<ServerOptions>;
  readonly clock?: Clock;
  readonly authenticate?: Authenticate;
  readonly admit?: (call: Call) => void;
  readonly endpoint?: Endpoint;
}

/** A gRPC server by itself on a free port of loopback. */
export interface TestGrpcServer {
  readonly target: string;
  readonly port: number;
  readonly grpc: GrpcServer;
  readonly budget: ByteBudget;
  readonly finished: readonly Events['grpcFinished'][];
  readonly diagnostics: readonly Events['diagnostic'][];
  /** Resolves with the first call that `match` accepts, ended ones included. */
  finishedWith(match?: (event: Events['grpcFinished']) => boolean): Promise<Events['grpcFinished']>;
  drain(): void;
}

const closing: (() => Promise<void>)[] = [];

/** Closes what the test has started; for `afterEach`. */
export async function closeGrpcServers(): Promise<void> {
  await Promise.all(closing.splice(0).map((close) => close()));
}

export async function startGrpcServer(settings: TestGrpcSettings = {}): Promise<TestGrpcServer> {
  const events = new EventBus();
  const finished: Events['grpcFinished'][] = [];
  const diagnostics: Events['diagnostic'][] = [];
  events.subscribe('grpcFinished', (event) => finished.push(event));
  events.subscribe('diagnostic', (event) => diagnostics.push(event));
  const options = serverOptions(settings.options);
  const budget = new ByteBudget('the server', options.maxBufferedBytes);
  const { clock = systemClock } = settings;
  let draining = false;
  let requests = 0;
  const grpc = createGrpcServer({
    options,
    events,
    budget,
    shares: settings.authenticate === undefined ? undefined : new PrincipalShares(options.maxBufferedBytes),
    arrivals: new Arrivals(clock, options),
    admit: settings.admit,
    tls: undefined,
    requiresKey: settings.authenticate !== undefined,
    draining: () => draining,
    authenticate: settings.authenticate ?? (() => EVERYBODY),
    clock,
    deadlines: new DeadlineWatch(clock),
    traces: UNRECORDED,
    quotaHeaders: new QuotaHeaders(),
    requestId: (header) => (typeof header === 'string' ? header : `r${++requests}`),
  });
  const listener = grpc.createListener({
    endpoint: settings.endpoint ?? { kind: 'port', host: '127.0.0.1', port: 0, setting: 'grpcPort' },
    loadMethods: async () =>
      (settings.methods ?? [ECHO]).map((method) => ({ method, status: GRPC_STATUS, credentialHeaders: ['x-api-key'] })),
    switchedOff: [],
  });
  const { url, port } = await listener.listen();
  closing.push(async () => {
    const stopped = listener.stop();
    listener.destroyConnections();
    await stopped;
  });
  return {
    target: url,
    port,
    grpc,
    budget,
    finished,
    diagnostics,
    finishedWith: (match = () => true) =>
      new Promise((resolve) => {
        const known = finished.find(match);
        if (known !== undefined) resolve(known);
        else events.subscribe('grpcFinished', (event) => match(event) && resolve(event));
      }),
    drain() {
      draining = true;
      listener.drain();
      grpc.calls.drain();
    },
  };
}

const same = (bytes: Buffer) => bytes;

/** What came of a unary call of grpc-js. */
export interface UnaryOutcome {
  readonly message: Buffer | undefined;
  readonly error: ServiceError | null;
  readonly status: StatusObject;
}

/** A grpc-js client that sends and gets bytes. Closed by `closeGrpcServers`. */
export class GrpcClient {
  readonly client: Client;

  constructor(target: string, options: ClientOptions = {}, access = credentials.createInsecure()) {
    this.client = new Client(target, access, {
      'grpc.max_receive_message_length': -1,
      ...options,
    });
    closing.push(async () => this.client.close());
  }

  unary(message: Uint8Array, options: ClientCallOptions = {}): Promise<UnaryOutcome> {
    return new Promise((resolve) => {
      const { path = ECHO_PATH, metadata = {}, onCall, ...rest } = options;
      let answer: Pick<UnaryOutcome, 'message' | 'error'> | undefined;
      let status: StatusObject | undefined;
      const settle = () => {
        if (answer !== undefined && status !== undefined) resolve({ ...answer, status });
      };
      const call = this.client.makeUnaryRequest(
        ...([path, same, same, Buffer.from(message)] as const),
        ...([metadataOf(metadata), rest] as const),
        (error, value) => {
          answer = { message: value, error };
          settle();
        },
      );
      call.on('status', (value: StatusObject) => {
        status = value;
        settle();
      });
      onCall?.(call);
    });
  }

  stream(options: ClientCallOptions = {}) {
    const { path = STREAM_PATH, metadata = {}, ...rest } = options;
    return this.client.makeBidiStreamRequest(path, same, same, metadataOf(metadata), rest);
  }
}

interface ClientCallOptions extends CallOptions {
  readonly path?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly onCall?: (call: ClientUnaryCall) => void;
}

function metadataOf(values: Readonly<Record<string, string>>): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(values)) metadata.set(name, value);
  return metadata;
}

/** A message with its prefix. */
export function framed(message: Uint8Array, flag = 0): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = flag;
  prefix.writeUInt32BE(message.byteLength, 1);
  return Buffer.concat([prefix, message]);
}

export interface RawAnswer {
  readonly headers: Readonly<Record<string, unknown>>;
  readonly trailers: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
  /** Code of the RST_STREAM frame; 0 when there was none or it was no error. */
  readonly resetCode: number;
}

/** HTTP/2 without gRPC, for what no gRPC client would send. */
export class RawGrpc {
  readonly session: ClientHttp2Session;
  readonly socket: Socket;

  constructor(port: number, settings: Settings = {}) {
    this.socket = connectSocket(port, '127.0.0.1');
    this.session = connect(`http://127.0.0.1:${port}`, { createConnection: () => this.socket, settings });
    this.session.on('error', () => undefined);
    closing.push(async () => this.session.destroy());
  }

  /** Opens a stream with gRPC's headers, changed as said; undefined takes one out. */
  open(headers: Readonly<Record<string, string | undefined>> = {}) {
    const all = {
      ':method': 'POST',
      ':path': ECHO_PATH,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    };
    const stream = this.session.request(
      Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)),
    );
    stream.on('error', () => undefined);
    return stream;
  }

  /** Resolves when the server has seen these streams, and what could be sent on them. */
  async arrived(streams: readonly ReturnType<RawGrpc['open']>[]): Promise<void> {
    await Promise.all(
      streams.map((stream) => stream.pending && new Promise((resolve) => stream.once('ready', resolve))),
    );
    await new Promise((resolve) => this.session.ping(resolve));
  }

  /** Sends one request body in pieces, and what is answered. */
  async send(
    pieces: readonly Uint8Array[],
    headers: Readonly<Record<string, string | undefined>> = {},
  ): Promise<RawAnswer> {
    const stream = this.open(headers);
    const answer = answerOf(stream);
    for (const piece of pieces) stream.write(piece);
    stream.end();
    return answer;
  }
}

/** Resolves when the stream is closed. */
export function answerOf(stream: ReturnType<ClientHttp2Session['request']>): Promise<RawAnswer> {
  let headers = {};
  let trailers = {};
  const body: Buffer[] = [];
  stream.on('response', (received) => {
    headers = received;
  });
  stream.on('trailers', (received) => {
    trailers = received;
  });
  stream.on('data', (chunk: Buffer) => body.push(chunk));
  return new Promise((resolve) =>
    stream.on('close', () => resolve({ headers, trailers, body: Buffer.concat(body), resetCode: stream.rstCode ?? 0 })),
  );
}
