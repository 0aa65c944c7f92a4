import type { Server, Socket } from 'node:net';
import type { Clock, EventBus } from '../core/index.js';

const WARNING_INTERVAL_MS = 10_000;
const SEAT = Symbol('millrace.seat');
type SeatedSocket = Socket & { [SEAT]?: Seat };

/** The connections of one network, as most of its machines share an IPv6 prefix of 64 bits. */
interface Network {
  readonly name: string;
  connections: number;
  idle: number;
  /** Of its idle connections: the one that has been idle longest. */
  first: Seat | undefined;
  last: Seat | undefined;
}

/** One connection as the limit sees it: in use, or idle since when. */
export class Seat {
  readonly network: Network;
  socket: Socket;
  previous: Seat | undefined;
  next: Seat | undefined;
  /** Number of the turn since which it has been idle; 0 = in use. */
  idleSince = 0;
  /** Closes the connection, which is idle. */
  close: () => void;
  readonly #nextTurn: () => number;
  #isGone = false;
  /** Bytes that had been read of it by then; -1 = whoever reads it says when a request begins. */
  #idleBytes = 0;

  constructor(socket: Socket, network: Network, nextTurn: () => number) {
    this.socket = socket;
    this.network = network;
    this.close = () => this.socket.destroy();
    this.#nextTurn = nextTurn;
  }

  /** Nothing is asked over it. `readBytes`: of the socket, where a request may begin unnoticed. */
  idle(readBytes = -1): void {
    if (this.idleSince !== 0 || this.#isGone) return;
    const { network } = this;
    this.idleSince = this.#nextTurn();
    this.#idleBytes = readBytes;
    this.previous = network.last;
    if (network.last === undefined) network.first = this;
    else network.last.next = this;
    network.last = this;
    network.idle++;
  }

  /** A request has begun. */
  busy(): void {
    if (this.idleSince === 0) return;
    const { network, previous, next } = this;
    this.idleSince = 0;
    this.previous = undefined;
    this.next = undefined;
    if (previous === undefined) network.first = next;
    else previous.next = next;
    if (next === undefined) network.last = previous;
    else next.previous = previous;
    network.idle--;
  }

  /** Whether the head of a request has begun to come since it was idle. */
  get hasBegun(): boolean {
    return this.#idleBytes >= 0 && this.socket.bytesRead !== this.#idleBytes;
  }

  /** It has its TLS handshake behind it. */
  secure(socket: Socket): void {
    this.socket = socket;
    this.#idleBytes = socket.bytesRead;
  }

  leave(): void {
    this.busy();
    this.#isGone = true;
  }
}

/** The place of a socket; undefined where another server has accepted it. */
export function seatOf(socket: Socket): Seat | undefined {
  return (socket as SeatedSocket)[SEAT];
}

export interface ConnectionLimitOptions {
  readonly maxConnections: number;
  readonly transport: 'http' | 'grpc';
  readonly isTls: boolean;
  readonly clock: Clock;
  readonly events: EventBus;
}

/**
 * Most connections of a port. A new one that is one too many takes the place of an idle one: of the network with most idle ones, that
 * which has been idle longest. Only where none is idle is it refused.
 */
export class ConnectionLimit {
  readonly #options: ConnectionLimitOptions;
  readonly #networks = new Map<string, Network>();
  /** Connections in their TLS handshake, by address and port of the client. */
  readonly #handshakes = new Map<string, Seat>();
  readonly #warnAt = { evicted: 0, refused: 0 };
  #connections = 0;
  #turn = 0;

  constructor(options: ConnectionLimitOptions) {
    this.#options = options;
  }

  /** Stands before everything that listens for connections of the server so far. */
  guard(server: Server): void {
    const listeners = server.listeners('connection');
    server.removeAllListeners('connection');
    server.on('connection', (socket: Socket) => {
      if (!this.admit(socket)) return;
      for (const listener of listeners) listener.call(server, socket);
    });
    if (this.#options.isTls) server.prependListener('secureConnection', (socket: Socket) => this.#secured(socket));
  }

  /** Takes a new connection in; false = it is refused, and gone. */
  admit(socket: Socket): boolean {
    if (this.#connections >= this.#options.maxConnections && !this.#makeRoom()) {
      this.#report('refused');
      socket.destroy();
      return false;
    }
    const seat = new Seat(socket, this.#networkOf(socket), () => ++this.#turn);
    const { isTls } = this.#options;
    this.#connections++;
    seat.network.connections++;
    seat.idle(isTls ? -1 : 0);
    (socket as SeatedSocket)[SEAT] = seat;
    const key = isTls ? keyOf(socket) : '';
    if (isTls) this.#handshakes.set(key, seat);
    socket.once('close', () => {
      if (this.#handshakes.get(key) === seat) this.#handshakes.delete(key);
      this.#remove(seat);
    });
    return true;
  }

  #secured(socket: Socket): void {
    const key = keyOf(socket);
    const seat = this.#handshakes.get(key);
    if (seat === undefined) return;
    this.#handshakes.delete(key);
    (socket as SeatedSocket)[SEAT] = seat;
    seat.secure(socket);
  }

  /** Closes an idle connection; false = there is none. */
  #makeRoom(): boolean {
    for (let seat = this.#longestIdle(); seat !== undefined; seat = this.#longestIdle()) {
      if (seat.hasBegun) {
        seat.busy();
        continue;
      }
      this.#remove(seat);
      seat.close();
      this.#report('evicted');
      return true;
    }
    return false;
  }

  #longestIdle(): Seat | undefined {
    let most: Network | undefined;
    for (const network of this.#networks.values()) if (network.idle > 0 && precedes(network, most)) most = network;
    return most?.first;
  }

  #remove(seat: Seat): void {
    const { network } = seat;
    if ((seat.socket as SeatedSocket)[SEAT] !== seat) return;
    delete (seat.socket as SeatedSocket)[SEAT];
    seat.leave();
    this.#connections--;
    network.connections--;
    if (network.connections === 0) this.#networks.delete(network.name);
  }

  #networkOf(socket: Socket): Network {
    const name = networkName(socket.remoteAddress ?? '');
    const known = this.#networks.get(name);
    if (known !== undefined) return known;
    const network: Network = { name, connections: 0, idle: 0, first: undefined, last: undefined };
    this.#networks.set(name, network);
    return network;
  }

  /** A line every ten seconds at most: who opens too many connections does not fill the log as well. */
  #report(outcome: 'evicted' | 'refused'): void {
    const { clock, events, transport, maxConnections } = this.#options;
    events.publish('connectionLimited', { transport, outcome });
    const now = clock.now();
    if (now < this.#warnAt[outcome]) return;
    this.#warnAt[outcome] = now + WARNING_INTERVAL_MS;
    const kind = transport === 'grpc' ? 'gRPC ' : '';
    const message =
      outcome === 'evicted'
        ? `more than ${maxConnections} ${kind}connections: those that have been idle longest are closed`
        : `more than ${maxConnections} ${kind}connections, none of them idle: new ones are dropped`;
    events.publish('diagnostic', { level: 'warn', room: 'server', message });
  }
}

function precedes(network: Network, other: Network | undefined): boolean {
  if (other === undefined || network.idle !== other.idle) return other === undefined || network.idle > other.idle;
  return (network.first?.idleSince ?? 0) < (other.first?.idleSince ?? 0);
}

function keyOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

/** The first 64 bits of an IPv6 address, any other address as it is. */
export function networkName(address: string): string {
  if (!address.includes(':') || /^::ffff:\d/i.test(address)) return address;
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  const missing = tail === undefined ? 0 : 8 - groups.length - tail.split(':').length;
  return [...groups, ...Array.from({ length: Math.max(0, missing) }, () => '0'), ...(tail?.split(':') ?? [])]
    .slice(0, 4)
    .join(':');
}
