import { createServer, type Server as HttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Call } from '../core/index.js';
import type { Dialect } from '../protocols/index.js';
import { checksHosts } from './bind.js';
import { ConnectionLimit } from './connection-limit.js';
import {
  type Address,
  addressOf,
  closeListening,
  type Endpoint,
  hostOf,
  listenAt,
  passable,
  portOf,
} from './endpoint.js';
import { FastPath, type FastPathLimits } from './fast-path/fast-path.js';
import { answerClientError, clientErrorOf, renderRaw, requestTimeout } from './http/client-error.js';
import { errorResponse } from './http/error-response.js';
import type { HttpContext } from './http/exchange.js';
import type { Entrance, Gate, RequestFlags } from './http/gate.js';
import type { NodeExchange } from './http/node-exchange.js';
import { HttpError } from './http-error.js';
import type { WholeInferences } from './rest/dispatch.js';
import { NOBODY } from './settlement.js';
import type { TlsPair } from './tls.js';

export interface HttpListenerOptions {
  readonly endpoint: Endpoint;
  readonly context: HttpContext;
  readonly gate: Gate;
  readonly dispatch: (exchange: NodeExchange) => void;
  /** What comes by the fast path; undefined = nothing. */
  readonly whole: WholeInferences | undefined;
  /** Writes the errors of requests that no route has taken. */
  readonly dialect: Dialect;
  /** undefined = plain HTTP. */
  readonly tls: TlsPair | undefined;
}

/** A listening socket with its limits. What comes over it goes through the gate. */
export class HttpListener {
  readonly #options: HttpListenerOptions;
  readonly #server: HttpServer | HttpsServer;
  /** All of them, with those that have not finished their TLS handshake and that Node's own list leaves out. */
  readonly #sockets = new Set<Socket>();
  readonly #fastPath: FastPath | undefined;
  #address: Address | undefined;
  /** No new connections are taken; resolves when the last one is gone. */
  #gone: Promise<void> | undefined;

  constructor(options: HttpListenerOptions) {
    this.#options = options;
    const { context, endpoint, gate, dispatch, dialect, tls } = options;
    const settings = context.options;
    const limits = {
      maxHeaderSize: settings.maxHeaderBytes,
      headersTimeout: Math.min(settings.headersTimeoutMs, settings.receiveTimeoutMs),
      requestTimeout: settings.receiveTimeoutMs,
      keepAliveTimeout: settings.keepAliveTimeoutMs,
      connectionsCheckingInterval: Math.max(50, Math.min(1_000, settings.headersTimeoutMs / 2)),
      // Checked by the gate, which answers in JSON.
      requireHostHeader: false,
      noDelay: true,
    };
    this.#server =
      tls === undefined
        ? createServer(limits)
        : createTlsServer({
            ...limits,
            ...tls,
            ...context.certificates?.handshake,
            allowHalfOpen: true,
            handshakeTimeout: settings.headersTimeoutMs,
            minVersion: 'TLSv1.2',
          });
    const entrance: Entrance = {
      checksHost: checksHosts(hostOf(endpoint, settings.host), context.requiresKey),
      dispatch,
      dialect,
    };
    const enter = (flags?: RequestFlags) => (req: IncomingMessage, res: ServerResponse) =>
      gate.enterNode(entrance, { req, res }, flags);
    this.#server.on('request', enter());
    this.#server.on('checkContinue', enter({ expect: 'continue' }));
    this.#server.on('checkExpectation', enter({ expect: 'unknown' }));
    this.#server.on('clientError', (error: Error & { code?: string }, stream) => {
      // It is behind the last request of its connection, which ends with the answer to that.
      if (error.code === 'HPE_CLOSED_CONNECTION') return;
      // A body that is read chunk by chunk has limits of its own.
      if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && this.#receives(stream as Socket)) return;
      this.#answerClientError(clientErrorOf(error, settings), stream);
    });
    this.#server.on('connect', (_req, stream) => {
      stream.on('error', () => stream.destroy());
      this.#answerClientError(new HttpError(405, 'CONNECT is not served here'), stream);
    });
    // Not in Node's documentation: who has said all still gets its answers.
    Object.assign(this.#server, { httpAllowHalfOpen: true });
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    this.#fastPath = this.#openFastPath(entrance, limits);
    if (tls !== undefined) context.certificates?.guard(this.#server);
    const { maxConnections } = settings;
    const isTls = tls !== undefined;
    new ConnectionLimit({ ...context, maxConnections, transport: 'http', isTls }).guard(this.#server);
  }

  get address(): Address | undefined {
    return this.#address;
  }

  /** What another process needs to listen there as well; undefined where nothing listens. */
  get passable(): ReturnType<typeof passable> {
    return passable(this.#server, this.#options.endpoint);
  }

  /** Starts to listen; rejects with `failed_precondition` saying what to change when the place cannot be had. */
  async listen(): Promise<Address> {
    const { endpoint, tls } = this.#options;
    await listenAt(this.#server, endpoint);
    this.#server.on('error', (error) => this.#warn(`listener failed: ${error.message}`));
    this.#address = addressOf(endpoint, portOf(this.#server), tls === undefined ? 'http://' : 'https://');
    return this.#address;
  }

  /** Serves another certificate from the next handshake on. */
  renew(pair: TlsPair): void {
    if ('setSecureContext' in this.#server) this.#server.setSecureContext(pair);
  }

  /** Takes no new connections. Resolves when the last connection is gone. */
  retire(): Promise<void> {
    this.#gone ??= closeListening(this.#server, this.#options.endpoint);
    return this.#gone;
  }

  /** Takes no new connections and closes idle ones. Resolves when the last connection is gone. */
  async stop(): Promise<void> {
    if (!this.#server.listening && this.#gone === undefined) return;
    const gone = this.#gone ?? new Promise<void>((resolve) => this.#server.once('close', resolve));
    // Ends the checks of node:http, too.
    this.#server.close();
    this.#server.closeIdleConnections();
    this.#fastPath?.closeIdle();
    await gone;
  }

  /** Cuts off whoever is still connected. */
  destroyConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** New connections begin on the fast path; the listener that Node has for them gets those that leave it. */
  #openFastPath({ checksHost, dialect }: Entrance, limits: FastPathLimits): FastPath | undefined {
    const { context, gate, whole, tls } = this.#options;
    if (whole === undefined) return undefined;
    const event = tls === undefined ? 'connection' : 'secureConnection';
    const [takeConnection] = this.#server.listeners(event);
    if (takeConnection === undefined) return undefined;
    this.#server.off(event, takeConnection as () => void);
    const fastPath = new FastPath({
      context,
      gate,
      whole,
      checksHost,
      dialect,
      limits,
      toNode: (socket) => takeConnection.call(this.#server, socket),
      refuseSilent: (socket) => this.#answerClientError(requestTimeout(), socket),
    });
    this.#server.on(event, (socket: Socket) => fastPath.accept(socket));
    return fastPath;
  }

  #receives(socket: Socket): boolean {
    return this.#options.context.connections.of(socket).openExchanges.at(-1)?.isReceiving === true;
  }

  #answerClientError(error: HttpError | undefined, stream: Duplex): void {
    const { clock, connections } = this.#options.context;
    answerClientError(error, stream, {
      clock,
      connections,
      render: (refusal) => this.#refuse(refusal, stream as Socket),
    });
  }

  #refuse(error: HttpError, socket: Socket): string {
    const { context } = this.#options;
    const receivedAt = context.clock.now();
    const requestId = context.requestId(undefined);
    const { headers, body } = errorResponse(error, this.#options.dialect);
    const text = String(body);
    context.events.publish('httpFinished', {
      method: '',
      route: '',
      path: '',
      status: error.status,
      requestBytes: 0,
      responseBytes: Buffer.byteLength(text),
      remoteAddress: socket.remoteAddress ?? '',
      durationMs: 0,
      call: new Call({ requestId, principal: NOBODY, trace: undefined, deadlineAt: receivedAt, receivedAt }),
      error,
    });
    return renderRaw(
      error.status,
      { ...headers, 'x-content-type-options': 'nosniff', 'x-request-id': requestId },
      text,
    );
  }

  #warn(message: string): void {
    this.#options.context.events.publish('diagnostic', { level: 'warn', room: 'server', message });
  }
}
