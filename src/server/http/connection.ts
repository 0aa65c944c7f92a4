import type { Socket } from 'node:net';
import { type CallOrigin, type Clock, isLoopback, type Timer } from '../../core/index.js';
import type { ClientCertificate } from '../../governance/index.js';
import type { ClientCertificates } from '../client-certificates.js';
import { type Seat, seatOf } from '../connection-limit.js';
import { prematureEnd } from '../http-error.js';
import { isFromHere, originOf } from '../peer.js';
import type { TrustedProxies } from '../trusted-proxies.js';
import type { Link, PendingExchange } from './link.js';

/** A client that has closed its side is asked whether it is still there: so soon at first, then half as often each time. */
const FIRST_PROBE_MS = 50;
const MAX_PROBE_MS = 1_000;

/**
 * One client connection and its unfinished exchanges: usually one, more when the client pipelines. A single `close`
 * listener for all of them is cheaper than one each, and the only one that also reaches answers which wait their turn.
 */
export class Connection implements Link {
  readonly socket: Socket;
  readonly from: CallOrigin;
  readonly proxies: TrustedProxies | undefined;
  /** The client came by a loopback address of this machine. */
  readonly viaLoopback: boolean;
  /** The client is on this machine: it came by a Unix socket or from a loopback address, and is no trusted proxy. */
  readonly fromHere: boolean;
  /** What its client has shown. */
  readonly certificate: ClientCertificate | undefined;
  /** Undefined where the socket is of another server. */
  readonly seat: Seat | undefined;
  /** `node:http` reads it. */
  isRead = false;
  /** Nothing more is read from it: what comes next is garbage. */
  closing = false;
  /** An answer has said that it is the last. */
  hasSaidClose = false;
  /** Behind the last open exchange it is said what was wrong with what came after it. */
  hasFarewell = false;
  /** Its client takes nothing of what is written for too long, so its socket is destroyed. */
  isStalled = false;
  /** Called once the last open exchange has settled. */
  onIdle: (() => void) | undefined;
  /** While it is not known whether the client is still there. */
  probes: Timer | undefined;
  readonly #open: PendingExchange[] = [];
  #receivedAt: number | undefined;

  constructor(socket: Socket, certificate?: ClientCertificate, proxies?: TrustedProxies) {
    const remoteAddress = socket.remoteAddress ?? '';
    this.socket = socket;
    this.certificate = certificate;
    this.seat = seatOf(socket);
    this.from = { remoteAddress, transport: 'http' };
    this.proxies = proxies?.has(remoteAddress) === true ? proxies : undefined;
    this.viaLoopback = isLoopback(socket.localAddress ?? '');
    this.fromHere = this.proxies === undefined && isFromHere(socket);
  }

  /** The head of the next request came at `receivedAt`, before `node:http` saw anything of it. */
  beginAt(receivedAt: number): void {
    this.#receivedAt = receivedAt;
  }

  /** When the head of the request that comes now was there; undefined = now. */
  takeReceivedAt(): number | undefined {
    const receivedAt = this.#receivedAt;
    this.#receivedAt = undefined;
    return receivedAt;
  }

  get openExchanges(): readonly PendingExchange[] {
    return this.#open;
  }

  /** Answers leave in the order of their requests: the newest one's is the last that is written. */
  isNewest(exchange: PendingExchange): boolean {
    return this.#open[this.#open.length - 1] === exchange;
  }

  add(exchange: PendingExchange): void {
    if (this.#open.push(exchange) === 1) this.seat?.busy();
  }

  originFor(host: string | undefined): string {
    return originOf(this.socket, host);
  }

  remove(exchange: PendingExchange): void {
    if (this.isNewest(exchange)) this.#open.pop();
    else this.#open.splice(this.#open.indexOf(exchange), 1);
    if (this.#open.length > 0) return;
    // Of a request that begins, the fast path tells.
    this.seat?.idle(this.isRead ? this.socket.bytesRead : undefined);
    this.onIdle?.();
  }
}

type TrackedSocket = Socket & { [key: symbol]: Connection | undefined };

/** The connections of one server. */
export class Connections {
  /** Kept on the socket under a key of this server's own: a map lookup a request would cost more. */
  readonly #key = Symbol('millrace.connection');
  readonly #clock: Clock;
  readonly #certificates: ClientCertificates | undefined;
  readonly #proxies: TrustedProxies | undefined;

  /** `certificates` undefined = no client is asked for one. `proxies` undefined = none is trusted. */
  constructor(clock: Clock, certificates?: ClientCertificates, proxies?: TrustedProxies) {
    this.#clock = clock;
    this.#certificates = certificates;
    this.#proxies = proxies;
  }

  /** The connection of a socket that `node:http` reads, made when it is first seen. */
  of(socket: Socket): Connection {
    const connection = (socket as TrackedSocket)[this.#key] ?? this.open(socket);
    if (!connection.isRead) {
      connection.isRead = true;
      // Behind Node's own listener, which says what is wrong with the end.
      socket.once('end', () => this.halfClose(connection));
    }
    return connection;
  }

  /** Makes the connection of a socket; whoever reads it tells of its end by {@link halfClose}, or leaves it to {@link of}. */
  open(socket: Socket): Connection {
    const connection = new Connection(socket, this.#certificates?.of(socket), this.#proxies);
    (socket as TrackedSocket)[this.#key] = connection;
    socket.on('timeout', () => {
      connection.isStalled = true;
    });
    socket.once('close', () => {
      connection.probes?.clear();
      for (const exchange of [...connection.openExchanges]) exchange.onClientGone();
    });
    return connection;
  }

  /**
   * A client that has sent all may still read its answers, or be gone: TCP says so only to who writes. What is pending is not
   * cancelled before that. `hasMore`: some of what it has sent is still to be read.
   */
  halfClose(connection: Connection, hasMore = false): void {
    const newest = connection.openExchanges.at(-1);
    // It is the end of an idle connection.
    if (newest === undefined) return;
    if (connection.closing) {
      // Node's parser says nothing of the end of a request with `Upgrade`.
      if (!newest.req.complete) newest.fail(prematureEnd());
      return;
    }
    connection.closing = !hasMore;
    // There is nothing to write when a model is silent, and nobody sends his end so late but who leaves.
    if (connection.openExchanges.some(({ streaming }) => streaming)) connection.socket.destroy();
    else this.#probe(connection, FIRST_PROBE_MS);
  }

  #probe(connection: Connection, pauseMs: number): void {
    const [first] = connection.openExchanges;
    if (first === undefined) return;
    first.probe();
    const next = Math.min(2 * pauseMs, MAX_PROBE_MS);
    connection.probes = this.#clock.setTimer(pauseMs, () => this.#probe(connection, next));
  }
}
