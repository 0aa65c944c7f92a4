import {
  createSecureServer,
  createServer,
  type ServerOptions as Http2Options,
  type Http2SecureServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Socket } from 'node:net';
import { excerpt, quoted } from '../../core/index.js';
import { GRPC_STATUS_CODES, type ServedMethod, type SwitchedOff } from '../../protocols/index.js';
import { checksHosts } from '../bind.js';
import { ConnectionLimit } from '../connection-limit.js';
import {
  type Address,
  addressOf,
  closeListening,
  type Endpoint,
  hostOf,
  listenAt,
  passable,
  portOf,
} from '../endpoint.js';
import { HostGuard } from '../host-guard.js';
import type { TlsPair } from '../tls.js';
import { dropRest } from './drop-rest.js';
import { type GrpcContext, GrpcExchange, type IncomingStream } from './exchange.js';
import { GrpcRefusal } from './refusal.js';
import { Sessions } from './sessions.js';
import { StreamExchange } from './stream.js';
import { UnaryExchange } from './unary.js';

/** A client may send an image in a few frames instead of in dozens. */
const MAX_FRAME_BYTES = 1_048_576;
/** More than enough for one client; what is beyond waits on its side. */
const MAX_CONCURRENT_STREAMS = 1_000;
/** An image tensor arrives without waiting for the server's word that it may. */
const STREAM_WINDOW_BYTES = 1_048_576;
/**
 * Clients reset a stream for each call that they cancel or whose deadline passes; what a reset call held is free at once. Node 20
 * does not know these options: see `MAX_RESETS`.
 */
const RESET_LIMITS = { streamResetBurst: 10_000, streamResetRate: 1_000 } as const;
/**
 * Entries of metadata with a blank in front or behind are taken; nghttp2 would drop them without a word. Node 20 does not know
 * this option, either.
 */
const FIELD_RULES = { strictFieldWhitespaceValidation: false } as const;
/** Megabytes of Node's own bookkeeping of a connection; what requests and answers hold is counted by the server's budget. */
const MAX_SESSION_MEMORY = 256;

export interface GrpcListenerOptions {
  readonly context: GrpcContext;
  readonly endpoint: Endpoint;
  /** Asked when the listener is opened. */
  readonly loadMethods: () => Promise<readonly ServedMethod[]>;
  /** Who asks for their services is told that they are off. */
  readonly switchedOff: readonly SwitchedOff[];
  /** undefined = cleartext with prior knowledge, as gRPC clients speak it. */
  readonly tls: TlsPair | undefined;
}

/** Flags and the headers as they came, name after value. */
type StreamDetails = [flags: number, rawHeaders: readonly string[]];

/** The served methods by path. */
type GrpcMethods = ReadonlyMap<string, ServedMethod>;

/** A listening socket for gRPC, and what comes over it. */
export class GrpcListener {
  readonly #options: GrpcListenerOptions;
  readonly #server: Http2Server | Http2SecureServer;
  readonly #sessions: Sessions;
  readonly #hosts: HostGuard | undefined;
  #address: Address | undefined;
  /** No new connections are taken; resolves when the last one is gone. */
  #gone: Promise<void> | undefined;
  #methods: GrpcMethods = new Map();

  constructor(options: GrpcListenerOptions) {
    this.#options = options;
    const { context, endpoint, tls } = options;
    const settings = context.options;
    const limits: Http2Options = {
      settings: {
        maxConcurrentStreams: MAX_CONCURRENT_STREAMS,
        maxHeaderListSize: settings.maxHeaderBytes,
        initialWindowSize: STREAM_WINDOW_BYTES,
        maxFrameSize: MAX_FRAME_BYTES,
        enablePush: false,
      },
      maxSessionMemory: MAX_SESSION_MEMORY,
      ...RESET_LIMITS,
      ...FIELD_RULES,
    };
    this.#server =
      tls === undefined
        ? createServer(limits)
        : createSecureServer({
            ...limits,
            ...tls,
            ...context.certificates?.handshake,
            ALPNProtocols: ['h2'],
            handshakeTimeout: settings.headersTimeoutMs,
            minVersion: 'TLSv1.2',
          });
    this.#sessions = new Sessions(context);
    this.#hosts = checksHosts(hostOf(endpoint, settings.host), context.requiresKey)
      ? new HostGuard(settings)
      : undefined;
    this.#server.prependListener('connection', (socket: Socket) => this.#sessions.connected(socket));
    // Over TLS this is the one that is ended; the one below it goes with it.
    this.#server.prependListener('secureConnection', (socket: Socket) => this.#sessions.connected(socket));
    this.#server.on('session', (session: ServerHttp2Session) => this.#sessions.open(session));
    // 'close' follows, and what the client did wrong is no news to anybody else.
    this.#server.on('sessionError', () => undefined);
    this.#server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, ...[, raw]: StreamDetails) =>
      this.#enter(stream, headers, raw),
    );
    if (tls !== undefined) context.certificates?.guard(this.#server);
    const { maxConnections } = settings;
    const isTls = tls !== undefined;
    new ConnectionLimit({ ...context, maxConnections, transport: 'grpc', isTls }).guard(this.#server);
  }

  /** Starts to listen; rejects with `failed_precondition` saying what to change when the place cannot be had. */
  async listen(): Promise<Address> {
    const methods = await this.#options.loadMethods();
    this.#methods = new Map(methods.map((served) => [served.method.path, served]));
    await listenAt(this.#server, this.#options.endpoint);
    this.#server.on('error', (error) => this.#warn(`gRPC listener failed: ${error.message}`));
    this.#address = addressOf(this.#options.endpoint, portOf(this.#server), '');
    return this.#address;
  }

  get address(): Address | undefined {
    return this.#address;
  }

  /** What another process needs to listen there as well; undefined where nothing listens. */
  get passable(): ReturnType<typeof passable> {
    return passable(this.#server, this.#options.endpoint);
  }

  /** Serves another certificate from the next handshake on. */
  renew(pair: TlsPair): void {
    if ('setSecureContext' in this.#server) this.#server.setSecureContext(pair);
  }

  /** Tells clients to go elsewhere (GOAWAY); what they have asked for is answered. */
  drain(): void {
    this.#sessions.drain();
  }

  /** Resolves when no session is open: the last answers have left. */
  sessionsGone(): Promise<void> {
    return this.#sessions.gone();
  }

  /** Takes no new connections, and lets clients know; all that they ask until then is answered. Resolves when the last one is gone. */
  retire(): Promise<void> {
    this.#gone ??= closeListening(this.#server, this.#options.endpoint);
    this.#sessions.retire();
    return this.#gone;
  }

  /** Takes no new connections. Resolves when the last one is gone. */
  async stop(): Promise<void> {
    if (!this.#server.listening && this.#gone === undefined) return;
    const gone = this.#gone ?? new Promise<void>((resolve) => this.#server.once('close', resolve));
    this.#server.close();
    this.#sessions.drain();
    await gone;
  }

  /** Cuts off whoever is still connected. */
  destroyConnections(): void {
    this.#sessions.destroy();
  }

  /** Takes a stream in; never throws. */
  #enter(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, rawHeaders: readonly string[]): void {
    const { context } = this.#options;
    const methods = this.#methods;
    trimBlanks(headers);
    const metadataBytes = bytesOfMetadata(rawHeaders);
    const connection = this.#sessions.of(stream);
    connection?.overhead.stream(metadataBytes);
    const status = httpStatus(headers);
    if (status !== 200) {
      connection?.overhead.unread();
      stream.on('error', () => undefined);
      stream.respond({ ':status': status }, { endStream: true });
      dropRest(stream);
      return;
    }
    const path = headers[':path'] ?? '';
    const served = methods.get(path);
    if (connection === undefined) return;
    const about = { path: served === undefined ? '' : path, served, connection };
    const incoming: IncomingStream = { stream, headers, rawHeaders, ...about };
    if (served === undefined) {
      new GrpcExchange(context, incoming).fail(unknownMethod(path, methods, this.#options.switchedOff));
      return;
    }
    const { method } = served;
    const exchange =
      method.kind === 'unary'
        ? new UnaryExchange(context, incoming, method)
        : new StreamExchange(context, incoming, method);
    try {
      checkMetadata(metadataBytes, context.options.maxHeaderBytes);
      if (connection.viaLoopback) this.#hosts?.check(headers[':authority'] ?? headers.host);
      const opening = exchange.open();
      if (opening !== undefined) opening.catch((error: unknown) => exchange.fail(error));
    } catch (error) {
      exchange.fail(error);
    }
  }

  #warn(message: string): void {
    this.#options.context.events.publish('diagnostic', { level: 'warn', room: 'server', message });
  }
}

/** 200 for what is gRPC at all; otherwise what HTTP has to say about it. */
function httpStatus(headers: IncomingHttpHeaders): number {
  if (headers[':method'] !== 'POST') return 405;
  const type = headers['content-type'];
  if (type === 'application/grpc') return 200;
  return type !== undefined && /^application\/grpc($|[+; ])/i.test(type) ? 200 : 415;
}

/** As gRPC lets a server do with what no client should send, and as HTTP/1.1 does. */
function trimBlanks(headers: IncomingHttpHeaders): void {
  for (const name in headers) {
    const value = headers[name];
    if (typeof value === 'string' && /^[ \t]|[ \t]$/.test(value)) headers[name] = value.replace(/^[ \t]+|[ \t]+$/g, '');
  }
}

function bytesOfMetadata(rawHeaders: readonly string[]): number {
  let bytes = 0;
  for (const text of rawHeaders) bytes += text.length;
  return bytes;
}

/** Node holds clients to the limit only once they have confirmed that they know of it. */
function checkMetadata(bytes: number, maxBytes: number): void {
  if (bytes <= maxBytes) return;
  throw new GrpcRefusal(
    GRPC_STATUS_CODES.RESOURCE_EXHAUSTED,
    `the metadata is too large: expected at most ${maxBytes} bytes, got ${bytes}`,
  );
}

function unknownMethod(path: string, methods: GrpcMethods, switchedOff: readonly SwitchedOff[]): GrpcRefusal {
  const [, service = '', name = ''] = path.split('/');
  const refusal = (message: string) => new GrpcRefusal(GRPC_STATUS_CODES.UNIMPLEMENTED, message);
  if ([...methods.keys()].some((candidate) => candidate.startsWith(`/${service}/`))) {
    return refusal(`service ${excerpt(service)} has no method ${quoted(name)}`);
  }
  const dialect = switchedOff.find(({ grpcServices }) => grpcServices.includes(service))?.name;
  if (dialect === undefined) return refusal(`service ${quoted(service)} is not served here`);
  return refusal(
    `service ${quoted(service)} is not served here: the dialect '${dialect}' is off; \`${dialect}.enabled: true\` switches it on`,
  );
}
