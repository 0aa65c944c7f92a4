import type { Socket } from 'node:net';
import { isLoopback } from './bind.js';

/** What a connection tells the exchanges that are open on it. */
export interface OpenExchange {
  readonly requestBytes: number;
  /** The socket is gone; nobody reads the answer. */
  onClientGone(): void;
  fail(error: unknown): void;
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
  /** The exchange whose body is arriving now. */
  reading: OpenExchange | undefined;
  /** Nothing more is read from it: what comes next is garbage, or the server ends. */
  closing = false;
  #open: OpenExchange[] = [];

  constructor(socket: Socket) {
    this.socket = socket;
    this.remoteAddress = socket.remoteAddress ?? '';
    this.viaLoopback = isLoopback(socket.localAddress ?? '');
    socket.once('close', () => this.#onClose());
  }

  get isIdle(): boolean {
    return this.#open.length === 0;
  }

  /** Answers leave in the order of their requests: the newest one's is the last that is written. */
  isNewest(exchange: OpenExchange): boolean {
    return this.#open[this.#open.length - 1] === exchange;
  }

  add(exchange: OpenExchange): void {
    this.#open.push(exchange);
  }

  remove(exchange: OpenExchange): void {
    const index = this.#open.indexOf(exchange);
    if (index >= 0) this.#open.splice(index, 1);
  }

  #onClose(): void {
    const open = this.#open;
    this.#open = [];
    for (const exchange of open) exchange.onClientGone();
  }
}

const CONNECTION = Symbol('millrace.connection');
type TrackedSocket = Socket & { [CONNECTION]?: Connection };

/** The connection of a socket, made when it is first seen. Kept on the socket: a map lookup a request would cost more. */
export function connectionOf(socket: Socket): Connection {
  const tracked: TrackedSocket = socket;
  tracked[CONNECTION] ??= new Connection(socket);
  return tracked[CONNECTION];
}
