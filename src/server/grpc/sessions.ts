import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import type { Clock } from '../../core/index.js';
import type { ServerOptions } from '../options.js';

/** Several streams of one connection may send at a time. */
const CONNECTION_WINDOW_BYTES = 8_388_608;

/**
 * nghttp2 takes a client that resets 1,000 streams, and 33 a second, for an attacker and breaks off its connection with all
 * that is under way on it; Node 20 lets nobody say otherwise. A client that cancels many calls is asked to connect again before.
 * Nobody is told of a reset that comes for a stream which has been answered meanwhile, as six of seven do from a busy
 * client: so those that are seen, and the deadlines that passed here, count for eight.
 */
const RESETS_PER_SECOND = 4;
const MAX_RESETS = 120;

/** For the client to close its side, once the server has closed its own. */
const LINGER_MS = 1_000;

const SESSION = Symbol('millrace.session');

/** What is known of one connection. */
export interface GrpcConnection {
  readonly remoteAddress: string;
  openStreams: number;
  /** A stream was reset by the client, or may be in a moment. */
  onReset(): void;
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
    session[SESSION] = {
      remoteAddress: session.socket.remoteAddress ?? '',
      openStreams: 0,
      onReset: limitResets(clock, () => {
        if (!session.closed) session.close();
      }),
    };
    this.#sessions.add(session);
    session.setLocalWindowSize(CONNECTION_WINDOW_BYTES);
    const preface = clock.setTimer(options.headersTimeoutMs, () => session.destroy());
    session.once('remoteSettings', () => preface.clear());
    session.once('close', () => {
      preface.clear();
      this.#sessions.delete(session);
    });
    session.setTimeout(options.keepAliveTimeoutMs);
    // Not handed to setTimeout, which would listen only once.
    session.on('timeout', () => {
      if (session.closed) return;
      if (session[SESSION]?.openStreams === 0) session.close();
      else this.#checkAlive(session);
    });
  }

  /**
   * Calls that take long are no idleness, but a client that is gone may leave them behind: after a frame that is no HTTP/2,
   * for one, Node reads a connection no more and never learns that it was closed.
   */
  #checkAlive(session: ServerHttp2Session): void {
    const { clock, options } = this.#context;
    const gone = clock.setTimer(options.keepAliveTimeoutMs, () => session.destroy());
    // Also told when the session ends.
    session.ping(() => {
      gone.clear();
      if (!session.destroyed) session.setTimeout(options.keepAliveTimeoutMs);
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

/** Calls `onLimit` at the reset that is one too many. */
function limitResets(clock: Clock, onLimit: () => void): () => void {
  let resets = 0;
  let countedAt = clock.now();
  return () => {
    const now = clock.now();
    resets = Math.max(0, resets - ((now - countedAt) * RESETS_PER_SECOND) / 1_000) + 1;
    countedAt = now;
    if (resets > MAX_RESETS) onLimit();
  };
}
