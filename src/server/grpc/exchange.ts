import { constants, type IncomingHttpHeaders, type OutgoingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import {
  type ByteBudget,
  Call,
  type Clock,
  deadlineExceeded,
  type EventBus,
  MillraceError,
  type Principal,
  shuttingDown,
  toMillraceError,
} from '../../core/index.js';
import type { Authenticate, Peer } from '../../governance/index.js';
import { GRPC_STATUS_CODES, type GrpcMethod } from '../../protocols/index.js';
import { NOBODY, noRoomForAnswer } from '../exchange.js';
import type { ServerOptions } from '../options.js';
import { patienceMs, STALLED_MS } from '../patience.js';
import { createPeer } from '../peer.js';
import { openTrace } from '../trace-context.js';
import { ACCEPTED_ENCODINGS } from './encoding.js';
import type { OpenCall, OpenCalls } from './open-calls.js';
import { pushbackOf, statusOf } from './refusal.js';
import type { GrpcConnection } from './sessions.js';
import type { Sidelines } from './sidelines.js';
import { encodeStatusMessage } from './status-message.js';
import { grpcTimeoutMs } from './timeout.js';

/** What all gRPC calls of a server share. */
export interface GrpcContext {
  readonly options: ServerOptions;
  readonly clock: Clock;
  readonly events: EventBus;
  readonly authenticate: Authenticate;
  readonly requiresKey: boolean;
  readonly budget: ByteBudget;
  readonly calls: OpenCalls;
  readonly sidelines: Sidelines;
  readonly requestId: (header: string | string[] | undefined) => string;
  readonly draining: () => boolean;
}

/** One HTTP/2 stream that asks for something, as the listener hands it over. */
export interface IncomingStream {
  readonly stream: ServerHttp2Stream;
  readonly headers: IncomingHttpHeaders;
  /** `/package.Service/Method`; '' where nothing of that name is served. */
  readonly path: string;
  readonly connection: GrpcConnection;
}

const EXCHANGE = Symbol('millrace.grpc');
type TrackedStream = ServerHttp2Stream & { [EXCHANGE]: GrpcExchange };

/** As of the bodies of REST: questions and settings are small. */
const SMALL_MESSAGE_BYTES = 1_048_576;

/** Headers of every answer. */
const HEADERS: OutgoingHttpHeaders = Object.freeze({
  ':status': 200,
  'content-type': 'application/grpc',
  'grpc-accept-encoding': ACCEPTED_ENCODINGS,
});
const OK_TRAILERS: OutgoingHttpHeaders = Object.freeze({ 'grpc-status': '0' });
const WITH_TRAILERS = Object.freeze({ waitForTrailers: true, sendDate: false });
const TRAILERS_ONLY = Object.freeze({ endStream: true, sendDate: false });

/**
 * One gRPC call from its headers to the end of its stream. This much is the same for all of them: who calls, for how long,
 * which bytes it holds, how it ends. Settles exactly once, when the HTTP/2 stream is closed.
 */
export class GrpcExchange implements OpenCall {
  previous: OpenCall | undefined;
  next: OpenCall | undefined;
  protected readonly stream: ServerHttp2Stream;
  readonly metadata: IncomingHttpHeaders;
  readonly receivedAt: number;
  protected readonly context: GrpcContext;
  protected requestEnded = false;
  protected requestMessages = 0;
  protected responseMessages = 0;
  readonly #incoming: IncomingStream;
  readonly #requestId: string;
  #call: Call | undefined;
  #trailers: OutgoingHttpHeaders = OK_TRAILERS;
  #answered = false;
  #error: MillraceError | undefined;
  #heldBytes = 0;
  #requestBytes = 0;
  #responseBytes = 0;
  #takenBytes = 0;
  #stalledSince = 0;
  #sentBytes = 0;
  #silentSince = 0;

  constructor(context: GrpcContext, incoming: IncomingStream) {
    this.context = context;
    this.#incoming = incoming;
    this.stream = incoming.stream;
    this.metadata = incoming.headers;
    this.receivedAt = context.clock.now();
    this.#requestId = context.requestId(incoming.headers['x-request-id']);
    context.calls.add(this);
    incoming.connection.openStreams++;
    const stream = incoming.stream as TrackedStream;
    stream[EXCHANGE] = this;
    stream.on('data', onData);
    stream.on('end', onEnd);
    stream.on('wantTrailers', onWantTrailers);
    stream.on('close', onClose);
    // Whatever it is, 'close' follows.
    stream.on('error', ignore);
  }

  /** True once an answer with its status is on its way, or nobody waits for one. */
  get answered(): boolean {
    return this.#answered;
  }

  /** The call; of nobody until {@link begin} has said whose it is. */
  get call(): Call {
    this.#call ??= this.createCall(NOBODY, Number.POSITIVE_INFINITY);
    return this.#call;
  }

  /** Checks who calls and opens the call with its deadline: the client's, at most `limitMs`. Throws what must not come in. */
  begin(method: GrpcMethod, limitMs: number): Call {
    const { options, authenticate, draining } = this.context;
    // Whoever asks for the health of the server is told of the shutdown; a watch would only hold it up.
    const refused = method.access === 'key' || method.kind === 'stream';
    if (refused && draining()) throw shuttingDown();
    const principal = method.access === 'key' ? authenticate(this.metadata.authorization, this.#peer()) : NOBODY;
    if (method.control && options.adminPort >= 0) {
      throw new MillraceError(
        'permission_denied',
        `${method.path} changes the server: it is answered on the admin port only, which is REST`,
      );
    }
    const timeoutMs = Math.min(grpcTimeoutMs(this.metadata['grpc-timeout']), limitMs);
    this.#call = this.createCall(principal, this.receivedAt + timeoutMs);
    return this.#call;
  }

  /** Ends the call with an error; what was not foreseen is published with its stack and answered without it. */
  fail(thrown: unknown): void {
    const error = toMillraceError(thrown);
    if (error !== thrown) this.#publishFault(thrown);
    if (this.#answered) return;
    this.#answered = true;
    this.#error = error;
    const { stream } = this;
    if (stream.destroyed || stream.closed) return;
    const trailers = this.#errorTrailers(error);
    if (stream.headersSent) {
      this.#trailers = trailers;
      stream.end();
    } else {
      stream.respond({ ...HEADERS, ...trailers }, TRAILERS_ONLY);
      this.#dropRest();
    }
  }

  cancel(reason: MillraceError): void {
    this.call.cancel(reason);
    // What holds the call answers in a moment; what nobody holds has to be answered here.
    this.context.clock.defer(() => this.fail(reason));
  }

  drain(): void {
    // Whoever waits for an answer gets it.
  }

  check(now: number): void {
    if (!this.#answered && now >= this.call.deadlineAt) {
      this.cancel(deadlineExceeded(this.call));
    }
    this.#checkReader(now);
  }

  /** Counts bytes against the server's budget until {@link free} or the end; throws when that is used up. */
  protected hold(bytes: number): void {
    const { budget, options } = this.context;
    if (budget.take(bytes) !== undefined) {
      throw new MillraceError(
        'resource_exhausted',
        `the server already holds ${options.maxBufferedBytes} bytes of requests and answers; try again later`,
        { retryAfterMs: 1_000 },
      );
    }
    this.#heldBytes += bytes;
  }

  /** The same for an answer; what it throws says nothing of trying again, as the call was executed. */
  protected holdAnswer(bytes: number): void {
    const { budget, options } = this.context;
    if (budget.take(bytes) !== undefined) throw noRoomForAnswer(options.maxBufferedBytes);
    this.#heldBytes += bytes;
  }

  protected free(bytes: number): void {
    this.context.budget.release(bytes);
    this.#heldBytes -= bytes;
  }

  protected get heldBytes(): number {
    return this.#heldBytes;
  }

  protected createCall(principal: Principal, deadlineAt: number, receivedAt = this.receivedAt): Call {
    const { traceparent, tracestate } = this.metadata;
    const trace = openTrace(single(traceparent), single(tracestate));
    return new Call({ requestId: this.#requestId, principal, trace, deadlineAt, receivedAt });
  }

  /** A piece of the request. */
  protected onPiece(_piece: Uint8Array): void {
    // Of a refused request: thrown away.
  }

  /** The client has sent its last message. */
  protected onRequestEnd(): void {
    // A refused request has its answer.
  }

  /** The stream is closed, and nobody reads an answer any more. */
  protected onGone(): void {
    // Nothing waits in a refused request.
  }

  protected sendHeaders(encoding?: string): void {
    const headers = encoding === undefined ? HEADERS : { ...HEADERS, 'grpc-encoding': encoding };
    this.stream.respond(headers, WITH_TRAILERS);
  }

  /** A message goes out, `bytes` of it now. */
  protected countResponse(bytes: number): void {
    this.responseMessages++;
    this.#responseBytes += bytes;
  }

  /** More of that message. */
  protected countBytes(bytes: number): void {
    this.#responseBytes += bytes;
  }

  /** Nothing comes after what has been written but status OK. */
  protected finish(): void {
    this.#answered = true;
    this.stream.end();
  }

  /** A piece of the request has come. For the listeners of the stream, as the three below. */
  receive(piece: Uint8Array): void {
    this.#requestBytes += piece.byteLength;
    if (this.#answered || this.stream.closed) return;
    try {
      this.onPiece(piece);
    } catch (error) {
      this.fail(error);
    }
  }

  receiveEnd(): void {
    this.requestEnded = true;
    // Node says 'end' as well of a stream that was reset or whose connection is gone.
    if (this.#answered || this.stream.closed) return;
    try {
      this.onRequestEnd();
    } catch (error) {
      this.fail(error);
    }
  }

  sendTrailers(): void {
    this.stream.sendTrailers(this.#trailers);
    this.#dropRest();
  }

  /** A client that has its answer need not send the rest; it is told so a moment later, when it is the slower one. */
  #dropRest(): void {
    if (this.requestEnded) return;
    this.context.clock.defer(() => {
      if (!this.requestEnded && !this.stream.closed) this.stream.close(constants.NGHTTP2_NO_ERROR);
    });
  }

  /** Cuts off a client that takes nothing of its answer for `sendTimeoutMs`. */
  #checkReader(now: number): void {
    const { stream } = this;
    const taken = this.#responseBytes - stream.writableLength;
    if (stream.writableLength === 0 || taken !== this.#takenBytes || this.#stalledSince === 0) {
      this.#takenBytes = taken;
      this.#stalledSince = now;
    } else if (now - this.#stalledSince >= patienceMs(this.context.options.sendTimeoutMs, this.context.draining())) {
      stream.close(constants.NGHTTP2_CANCEL);
    }
  }

  /** Ends a call whose request has stopped arriving, when the server shuts down. To be asked at each {@link check}. */
  protected checkSender(now: number): void {
    if (this.#requestBytes !== this.#sentBytes || this.#silentSince === 0) {
      this.#sentBytes = this.#requestBytes;
      this.#silentSince = now;
    } else if (this.context.draining() && now - this.#silentSince >= STALLED_MS) {
      this.fail(shuttingDown());
    }
  }

  #peer(): Peer {
    return createPeer(this.#incoming.connection, this.metadata, this.metadata[':authority'] ?? this.metadata.host);
  }

  #errorTrailers(error: MillraceError): OutgoingHttpHeaders {
    const pushback = pushbackOf(error);
    return {
      'grpc-status': String(statusOf(error)),
      'grpc-message': encodeStatusMessage(error.message),
      'x-request-id': this.#requestId,
      ...(pushback !== undefined && { 'grpc-retry-pushback-ms': pushback }),
    };
  }

  settle(): void {
    const { context, stream } = this;
    const left = !this.#answered || (this.#error === undefined && stream.rstCode !== constants.NGHTTP2_NO_ERROR);
    if (left) {
      this.#answered = true;
      this.#error = new MillraceError('cancelled', 'the client left before it had its answer');
      this.call.cancel(this.#error);
    }
    this.onGone();
    if (this.#heldBytes > 0) context.budget.release(this.#heldBytes);
    this.#heldBytes = 0;
    context.calls.remove(this);
    const { path, connection } = this.#incoming;
    connection.openStreams--;
    // A client whose deadline has passed here sees it pass as well, and resets what it does not know to be answered.
    if (stream.rstCode !== constants.NGHTTP2_NO_ERROR || this.#error?.code === 'deadline_exceeded')
      connection.onReset();
    context.events.publish('grpcFinished', {
      method: path,
      path: this.metadata[':path'] ?? '',
      status: this.#error === undefined ? GRPC_STATUS_CODES.OK : statusOf(this.#error),
      requestMessages: this.requestMessages,
      responseMessages: this.responseMessages,
      requestBytes: this.#requestBytes,
      responseBytes: this.#responseBytes,
      remoteAddress: connection.remoteAddress,
      durationMs: context.clock.now() - this.receivedAt,
      call: this.call,
      error: this.#error,
    });
  }

  #publishFault(error: unknown): void {
    this.context.events.publish('diagnostic', {
      level: 'error',
      room: 'server',
      message: `${this.metadata[':path']} failed unexpectedly`,
      fields: { requestId: this.#requestId },
      error,
    });
  }
}

function onData(this: TrackedStream, piece: Uint8Array): void {
  this[EXCHANGE].receive(piece);
}
function onEnd(this: TrackedStream): void {
  this[EXCHANGE].receiveEnd();
}
function onWantTrailers(this: TrackedStream): void {
  this[EXCHANGE].sendTrailers();
}
function onClose(this: TrackedStream): void {
  this[EXCHANGE].settle();
}
function ignore(): void {}

/** Largest message that a method takes. */
export function maxMessageBytes({ largeMessages }: GrpcMethod, { maxInputBytes }: ServerOptions): number {
  return largeMessages === true ? maxInputBytes : Math.min(maxInputBytes, SMALL_MESSAGE_BYTES);
}

function single(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : undefined;
}
