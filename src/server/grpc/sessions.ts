import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import type { Clock } from '../../core/index.js';
import type { ServerOptions } from '../options.js';

/** Several streams of one connection may send at a time. */
const CONNECTION_WINDOW_BYTES = 8_388_608;

/** For the client to close its side, once the server has closed its own. */
const LINGER_MS = 1_000;

const SESSION = Symbol('millrace.session');

/** What is known of one connection. */
export interface GrpcConnection {
  readonly remoteAddress: string;
  openStreams: number;
}
interface SessionsContext {
  readonly clock: Clock;
  readonly options: ServerOptions;
}
type TrackedSession = ServerHttp2Session & { [SESSION]?: GrpcConnection };

/** The HTTP/2 connections of a listener: closes those that are idle, and all of them at the end. */
export class Sessions {
  readonly #context: SessionsContext;
  /** Those that have not finished their TLS handshake included. */
  readonly #sockets = new Set<Socket>();
  readonly #sessions = new Set<ServerHttp2Session>();

  constructor(context: SessionsContext) {
    this.#context = context;
  }

  connected(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    socket.once('finish', () => {
      const linger = this.#context.clock.setTimer(LINGER_MS, () => socket.destroy());
      socket.once('close', () => linger.clear());
    });
  }

  open(session: TrackedSession): void {
    const { clock, options } = this.#context;
    session[SESSION] = { remoteAddress: session.socket.remoteAddress ?? '', openStreams: 0 };
    this.#sessions.add(session);
    session.setLocalWindowSize(CONNECTION_WINDOW_BYTES);
    const preface = clock.setTimer(options.headersTimeoutMs, () => session.destroy());
    session.once('remoteSettings', () => preface.clear());
    session.once('close', () => {
      preface.clear();
      this.#sessions.delete(session);
    });
    session.setTimeout(options.keepAliveTimeoutMs);
    // Calls that take long are no idleness. Not handed to setTimeout, which would listen only once.
    session.on('timeout', () => {
      if (session[SESSION]?.openStreams === 0 && !session.closed) session.close();
    });
  }

  /** The connection of a stream; undefined when it is gone already. */
  of(stream: ServerHttp2Stream): GrpcConnection | undefined {
    return (stream.session as TrackedSession | undefined)?.[SESSION];
  }

  /** Sends GOAWAY: clients open a new connection for what comes next. */
  drain(): void {
    for (const session of this.#sessions) if (!session.closed) session.close();
  }

  destroy(): void {
    for (const session of this.#sessions) session.destroy();
    for (const socket of this.#sockets) socket.destroy();
  }
}
