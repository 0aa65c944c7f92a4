import type { Socket } from 'node:net';
import type { MillraceError } from '../core/index.js';
import { isLoopback } from './bind.js';
import { isFromHere } from './peer.js';

/** What a connection asks of the exchanges that are open on it. */
export interface OpenExchange {
  /** `complete` = all of it has arrived. */
  readonly req: { readonly complete: boolean };
  /** The socket is gone; nobody reads the answer. */
  onClientGone(): void;
  fail(error: unknown): void;
  cancel(reason: MillraceError): void;
}

/**
 * One client connection and its unfinished exchanges: usually one, more when the client pipelines. A single `close`
 * listener for all of them is cheaper than one each, and the only one that also reaches answers which wait their turn.
 */
export class Connection {
  readonly socket: Socket;
  readonly remoteAddress: string;
  /** The client came by a loopback address of this machine. */
  readonly viaLoopback: boolean;
  /** The client is on this machine: it came by a Unix socket or from a loopback address. */
  readonly fromHere: boolean;
  /** Nothing more is read from it: what comes next is garbage. */
  closing = false;
  /** Called once the last open exchange has settled. */
  onIdle: (() => void) | undefined;
  readonly #open: OpenExchange[] = [];

  constructor(socket: Socket) {
    this.socket = socket;
    this.remoteAddress = socket.remoteAddress ?? '';
    this.viaLoopback = isLoopback(socket.localAddress ?? '');
    this.fromHere = isFromHere(socket);
  }

  get openExchanges(): readonly OpenExchange[] {
    return this.#open;
  }

  /** Answers leave in the order of their requests: the newest one's is the last that is written. */
  isNewest(exchange: OpenExchange): boolean {
    return this.#open[this.#open.length - 1] === exchange;
  }

  add(exchange: OpenExchange): void {
    this.#open.push(exchange);
  }

  remove(exchange: OpenExchange): void {
    if (this.isNewest(exchange)) this.#open.pop();
    else this.#open.splice(this.#open.indexOf(exchange), 1);
    if (this.#open.length === 0) this.onIdle?.();
  }
}

/** The connections of one server, and how many exchanges are open on them. */
export class Connections {
  /** Kept on the socket under a key of this server's own: a map lookup a request would cost more. */
  readonly #key = Symbol('millrace.connection');
  readonly #all = new Set<Connection>();
  #openCount = 0;
  readonly #onIdle: (() => void)[] = [];

  /** The connection of a socket, made when it is first seen. */
  of(socket: Socket): Connection {
    const tracked = socket as Socket & { [key: symbol]: Connection | undefined };
    const known = tracked[this.#key];
    if (known !== undefined) return known;
    const connection = new Connection(socket);
    tracked[this.#key] = connection;
    this.#all.add(connection);
    socket.once('close', () => {
      this.#all.delete(connection);
      for (const exchange of [...connection.openExchanges]) exchange.onClientGone();
    });
    return connection;
  }

  open(connection: Connection, exchange: OpenExchange): void {
    connection.add(exchange);
    this.#openCount++;
  }

  settle(connection: Connection, exchange: OpenExchange): void {
    connection.remove(exchange);
    this.#openCount--;
    if (this.#openCount === 0 && this.#onIdle.length > 0) {
      for (const resolve of this.#onIdle.splice(0)) resolve();
    }
  }

  /** Resolves when no exchange is open: at once, or when the last one settles. */
  idle(): Promise<void> {
    if (this.#openCount === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onIdle.push(resolve));
  }

  cancelAll(reason: MillraceError): void {
    for (const { openExchanges } of this.#all) {
      for (const exchange of [...openExchanges]) exchange.cancel(reason);
    }
  }
}
