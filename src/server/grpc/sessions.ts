import { constants, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import { type CallOrigin, type Clock, type EventBus, isLoopback, type Timer } from '../../core/index.js';
import type { ClientCertificate } from '../../governance/index.js';
import type { ClientCertificates } from '../client-certificates.js';
import { type Seat, seatOf } from '../connection-limit.js';
import type { ServerOptions } from '../options.js';
import { patienceMs } from '../patience.js';
import { isFromHere } from '../peer.js';
import type { TrustedProxies } from '../trusted-proxies.js';
import { Overhead } from './overhead.js';
import { limitResets } from './reset-limit.js';

/** Several streams of one connection may send at a time. */
const CONNECTION_WINDOW_BYTES = 8_388_608;

/** How often it is checked what clients send besides requests, and how often it is logged at most. */
const CHECK_INTERVAL_MS = 1_000;
const WARNING_INTERVAL_MS = 10_000;

const MAX_STREAM_ID = 2 ** 31 - 1;

/** For the client to close its side, once the server has closed its own. */
const LINGER_MS = 1_000;

const SESSION = Symbol('millrace.session');

/** What is known of one connection. */
export interface GrpcConnection {
  /** The other end of the connection; calls from a trusted proxy come from the client that it names. */
  readonly from: CallOrigin;
  /** Defined where the other end is a trusted proxy. */
  readonly proxies: TrustedProxies | undefined;
  /** The client is on this machine, and no trusted proxy. */
  readonly fromHere: boolean;
  /** It came by a loopback address. */
  readonly viaLoopback: boolean;
  /** What its client has shown. */
  readonly certificate?: ClientCertificate | undefined;
  /** What its client sends besides requests. */
  readonly overhead: Overhead;
  /** A stream has been opened; what it gives is to be called at its end. */
  enterStream(): () => void;
  /** A stream was reset by the client, or may be in a moment. */
  onReset(): void;
}
interface SessionsContext {
  readonly clock: Clock;
  readonly events: EventBus;
  readonly draining: () => boolean;
  readonly options: ServerOptions;
  /** undefined = no client is asked for one. */
  readonly certificates?: ClientCertificates | undefined;
  /** undefined = none is trusted. */
  readonly proxies?: TrustedProxies | undefined;
}
type TrackedSession = ServerHttp2Session & { [SESSION]?: GrpcConnection };
/** What a session is doing. */
interface Activity {
  openStreams: number;
  readonly seat: Seat | undefined;
  /** Called before the next stream is answered, if there is one. */
  onStream: (() => void) | undefined;
}
interface OpenSession {
  readonly socket: Socket;
  readonly overhead: Overhead;
  readonly activity: Activity;
}

/** The HTTP/2 connections of a listener: closes those that are idle, and all of them at the end. */
export class Sessions {
  readonly #context: SessionsContext;
  /** Those that have not finished their TLS handshake included. */
  readonly #sockets = new Set<Socket>();
  readonly #sessions = new Map<ServerHttp2Session, OpenSession>();
  #checkTimer: Timer | undefined;
  #checkedAt = 0;
  #nextFloodWarningAt = 0;
  /** The socket that has come last. Node makes its session before anybody else has a turn. */
  #accepted: Socket | undefined;
  readonly #onGone: (() => void)[] = [];
  #isRetired = false;

  constructor(context: SessionsContext) {
    this.#context = context;
  }

  /** To be told before Node is, see {@link open}. */
  connected(socket: Socket): void {
    this.#accepted = socket;
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    socket.once('finish', () => {
      const linger = this.#context.clock.setTimer(LINGER_MS, () => socket.destroy());
      socket.once('close', () => linger.clear());
    });
  }

  open(session: TrackedSession): void {
    const { clock, options, certificates, proxies: trusted } = this.#context;
    const socket = this.#accepted as Socket;
    const remoteAddress = session.socket.remoteAddress ?? '';
    const proxies = trusted?.has(remoteAddress) === true ? trusted : undefined;
    const seat = seatOf(socket);
    if (seat !== undefined) seat.close = () => this.#close(session);
    // Its frames are no requests.
    seat?.busy();
    seat?.idle();
    destroyBetweenReads(session);
    const activity: Activity = { openStreams: 0, seat, onStream: undefined };
    const overhead = new Overhead();
    session[SESSION] = {
      from: { remoteAddress, transport: 'grpc' },
      proxies,
      fromHere: proxies === undefined && isFromHere(session.socket),
      viaLoopback: isLoopback(session.socket.localAddress ?? ''),
      certificate: certificates?.of(socket),
      overhead,
      enterStream: () => enterStream(activity),
      onReset: limitResets(clock, () => {
        if (!session.closed) this.#close(session);
      }),
    };
    this.#sessions.set(session, { socket, overhead, activity });
    this.#checkLater();
    session.setLocalWindowSize(CONNECTION_WINDOW_BYTES);
    const preface = clock.setTimer(options.headersTimeoutMs, () => cut(session, socket));
    session.once('remoteSettings', () => preface.clear());
    session.once('close', () => {
      preface.clear();
      this.#sessions.delete(session);
      // Node never frees a session that began with no HTTP/2, nor its socket, while the one leads to the other.
      delete session[SESSION];
      session.removeAllListeners('remoteSettings');
      session.removeAllListeners('timeout');
      if (this.#sessions.size > 0) return;
      this.#checkTimer?.clear();
      this.#checkTimer = undefined;
      for (const resolve of this.#onGone.splice(0)) resolve();
    });
    if (this.#isRetired) this.#retire(session, activity);
    session.setTimeout(this.#patienceMs);
    // Not handed to setTimeout, which would listen only once.
    session.on('timeout', () => {
      if (activity.openStreams > 0) this.#checkAlive(session, socket);
      // What it was told has not left since.
      else if (session.closed) cut(session, socket);
      else this.#close(session);
    });
  }

  #checkLater(): void {
    if (this.#checkTimer !== undefined) return;
    const { clock } = this.#context;
    this.#checkedAt = clock.now();
    this.#checkTimer = clock.setTimer(CHECK_INTERVAL_MS, () => {
      this.#checkTimer = undefined;
      const elapsedMs = clock.now() - this.#checkedAt;
      for (const [session, { socket, overhead }] of this.#sessions) {
        const waitingBytes = session.state.effectiveRecvDataLength ?? 0;
        if (overhead.isFlood(socket.bytesRead - waitingBytes, elapsedMs)) this.#breakOff(session, socket);
      }
      if (this.#sessions.size > 0) this.#checkLater();
    });
  }

  /** Ends a connection over which too many frames come that belong to no request. */
  #breakOff(session: ServerHttp2Session, socket: Socket): void {
    const { clock, events } = this.#context;
    const from = session.socket.remoteAddress ?? '';
    session.destroy(undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM);
    // A session waits for what it has written to leave.
    clock.setTimer(LINGER_MS, () => socket.destroy());
    events.publish('connectionLimited', { transport: 'grpc', outcome: 'flood' });
    const now = clock.now();
    if (now < this.#nextFloodWarningAt) return;
    this.#nextFloodWarningAt = now + WARNING_INTERVAL_MS;
    const message = `a gRPC client at ${from} floods the server with frames that belong to no call: its connection is closed`;
    events.publish('diagnostic', { level: 'warn', room: 'server', message });
  }

  /** Sends GOAWAY; the session ends with the last of its streams. */
  #close(session: ServerHttp2Session): void {
    session.setTimeout(this.#patienceMs);
    session.close();
  }

  get #patienceMs(): number {
    const { options, draining } = this.#context;
    return patienceMs(options.keepAliveTimeoutMs, draining());
  }

  /**
   * Calls that take long are no idleness, but a client that is gone may leave them behind: after a frame that is no HTTP/2,
   * for one, Node reads a connection no more and never learns that it was closed.
   */
  #checkAlive(session: ServerHttp2Session, socket: Socket): void {
    const gone = this.#context.clock.setTimer(this.#patienceMs, () => cut(session, socket));
    session.ping((error) => {
      gone.clear();
      // Nothing has moved for all that time, and the socket takes no ping either: the client reads no more.
      if (error !== null) cut(session, socket);
      else session.setTimeout(this.#patienceMs);
    });
  }

  /** The connection of a stream; undefined when it is gone already. */
  of(stream: ServerHttp2Stream): GrpcConnection | undefined {
    return (stream.session as TrackedSession | undefined)?.[SESSION];
  }

  /** Sends GOAWAY: clients open a new connection for what comes next. */
  drain(): void {
    for (const session of this.#sessions.keys()) this.#close(session);
  }

  /** Asks clients to open a new connection for what comes next, and answers all that they send before they know. */
  retire(): void {
    this.#isRetired = true;
    for (const [session, { activity }] of this.#sessions) this.#retire(session, activity);
  }

  /**
   * Node ignores calls that come behind a notice. A client that has calls under way sends no more before it reads their answers, if it is one
   * that sends one at a time; one that has none may send the next while the notice is on its way to it. So that gets it with its next answer,
   * or after a second without a call.
   */
  #retire(session: ServerHttp2Session, activity: Activity): void {
    const notify = () => {
      silent.clear();
      activity.onStream = undefined;
      this.#notify(session);
    };
    const silent = this.#context.clock.setTimer(LINGER_MS, notify);
    session.once('close', () => silent.clear());
    if (activity.openStreams > 0) notify();
    else activity.onStream = notify;
  }

  /** RFC 9113, 6.8: a notice that refuses no stream, and once the client has seen it, the last stream that counts. */
  #notify(session: ServerHttp2Session): void {
    if (session.closed || session.destroyed) return;
    session.goaway(constants.NGHTTP2_NO_ERROR, MAX_STREAM_ID);
    const close = () => {
      unanswered.clear();
      if (!session.closed) this.#close(session);
    };
    // Clients that have nothing under way answer a notice by closing their side, which Node does not report.
    const unanswered = this.#context.clock.setTimer(LINGER_MS, close);
    session.ping(close);
  }

  /** Resolves when every session has ended: what it had to say has left, and its client has closed its side or is given up on. */
  gone(): Promise<void> {
    if (this.#sessions.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onGone.push(resolve));
  }

  destroy(): void {
    for (const session of this.#sessions.keys()) session.destroy();
    for (const socket of this.#sockets) socket.destroy();
  }
}

/**
 * Node destroys a session of which it reads that its client breaks the protocol. Some versions, Node 22.23.3 among them, abort the process
 * when they then read the start of another stream, and data for it (https://github.com/nodejs/node/issues/64850).
 */
function destroyBetweenReads(session: ServerHttp2Session): void {
  const destroy = session.destroy.bind(session);
  let isEnding = false;
  session.destroy = (...reason) => {
    if (isEnding) return;
    isEnding = true;
    setImmediate(() => destroy(...reason));
  };
}

/** A session waits for what it has written to leave, which it never does to a client that has stopped. */
function cut(session: ServerHttp2Session, socket: Socket): void {
  session.destroy();
  socket.destroy();
}

/** Counts a stream of a session until the function that it gives is called. */
function enterStream(activity: Activity): () => void {
  activity.onStream?.();
  if (++activity.openStreams === 1) activity.seat?.busy();
  return () => {
    if (--activity.openStreams === 0) activity.seat?.idle();
  };
}
