import type { Socket } from 'node:net';
import type { Timer } from '../../core/index.js';
import type { Dialect } from '../../protocols/index.js';
import type { HttpContext } from '../http/exchange.js';
import type { Gate } from '../http/gate.js';
import type { WholeInferences } from '../rest/dispatch.js';
import { AnswerHeads } from './answer-head.js';
import type { FastPathContext } from './context.js';
import { FastConnection } from './fast-connection.js';

export interface FastPathOptions {
  readonly context: HttpContext;
  readonly gate: Gate;
  readonly whole: WholeInferences;
  readonly checksHost: boolean;
  /** Writes the errors of requests before their route has taken them. */
  readonly dialect: Dialect;
  readonly limits: FastPathLimits;
  /** Gives a connection to `node:http` as if it were new. */
  readonly toNode: (socket: Socket) => void;
  /** A client has sent nothing at all in time. */
  readonly refuseSilent: (socket: Socket) => void;
}

/** Those of `node:http` that have to do with connections without a request. */
export interface FastPathLimits {
  readonly headersTimeout: number;
  readonly keepAliveTimeout: number;
  readonly connectionsCheckingInterval: number;
}

/**
 * The short way for plain inference requests of HTTP/1.1: `POST` of a path whose answer comes in one piece, with `Content-Length`.
 * They are read from the bytes of the socket, and answered as `node:http` would; everything else goes to `node:http` itself.
 */
export class FastPath {
  readonly #options: FastPathOptions;
  readonly #shared: FastPathContext;
  readonly #connections = new Set<FastConnection>();
  #now: number;
  #timer: Timer | undefined;

  constructor(options: FastPathOptions) {
    this.#options = options;
    const { context, whole, checksHost, dialect, limits } = options;
    this.#now = context.clock.now();
    this.#shared = {
      context,
      gate: options.gate,
      whole,
      entrance: { checksHost, dialect, dispatch: (exchange) => whole.infer(exchange, exchange.match) },
      heads: new AnswerHeads(context.clock, limits.keepAliveTimeout),
      toNode: options.toNode,
      coarseNow: () => this.#now,
    };
  }

  /** Takes a new connection. */
  accept(socket: Socket): void {
    if (this.#timer === undefined) this.#checkLater();
    const connection = new FastConnection(this.#shared, { socket, onGone: () => this.#forget(connection) });
    this.#connections.add(connection);
  }

  #forget(connection: FastConnection): void {
    this.#connections.delete(connection);
    if (this.#connections.size > 0) return;
    this.#timer?.clear();
    this.#timer = undefined;
  }

  #checkLater(): void {
    const { context, limits } = this.#options;
    this.#now = context.clock.now();
    this.#timer = context.clock.setTimer(limits.connectionsCheckingInterval, () => this.#check());
  }

  /** Ends connections that have nothing to do. */
  closeIdle(): void {
    for (const connection of this.#connections) connection.close();
  }

  /** Ends connections whose clients take too long to begin a request, as `node:http` does. */
  #check(): void {
    const { context, limits, refuseSilent } = this.#options;
    const now = context.clock.now();
    // As coarse as the time from which on a connection has been idle.
    const keepAliveMs = limits.keepAliveTimeout + limits.connectionsCheckingInterval;
    for (const connection of this.#connections) {
      if (!connection.isIdle) continue;
      const { socket } = connection.connection;
      const idleMs = now - connection.idleSince;
      if (!connection.isNew && idleMs >= keepAliveMs) socket.destroy();
      else if (connection.isNew && idleMs >= limits.headersTimeout) refuseSilent(socket);
    }
    if (this.#connections.size > 0) this.#checkLater();
  }
}
