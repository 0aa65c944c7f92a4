import { constants, type IncomingHttpHeaders, type OutgoingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { type Call, type CallOrigin, MillraceError, shuttingDown } from '../../core/index.js';
import type { Authenticate } from '../../governance/index.js';
import { GRPC_STATUS, GRPC_STATUS_CODES, type GrpcMethod, type ServedMethod } from '../../protocols/index.js';
import { answererHeaders } from '../answerer.js';
import type { ClientCertificates } from '../client-certificates.js';
import { type CredentialCarrier, credentialOf } from '../credential.js';
import { isNotRun, NOT_RUN_HEADER } from '../not-run.js';
import { patienceMs, stalledMessage } from '../patience.js';
import { callOrigin, createPeer } from '../peer.js';
import { type Exchange, NOBODY, Settlement } from '../settlement.js';
import type { SettlementContext } from '../settlement-context.js';
import type { TrustedProxies } from '../trusted-proxies.js';
import { dropRest } from './drop-rest.js';
import { ACCEPTED_ENCODINGS } from './encoding.js';
import { encodeStatusMessage, grpcTimeoutMs } from './headers.js';
import { pushbackOf, retryTrailers, statusOf } from './refusal.js';
import type { GrpcConnection } from './sessions.js';
import type { Sidelines } from './sidelines.js';

/** What all gRPC calls of a server share. */
export interface GrpcContext extends SettlementContext {
  readonly authenticate: Authenticate;
  /** Counts an inference before its message is read; throws where a quota is used up. */
  readonly admit?: ((call: Call) => void) | undefined;
  /** `authenticate` throws where there is no key. */
  readonly requiresKey: boolean;
  readonly sidelines: Sidelines;
  /** undefined = no client is asked for one. */
  readonly certificates?: ClientCertificates | undefined;
  /** undefined = none is trusted. */
  readonly proxies?: TrustedProxies | undefined;
}

/** One HTTP/2 stream that asks for something, as the listener hands it over. */
export interface IncomingStream extends CredentialCarrier {
  readonly stream: ServerHttp2Stream;
  /** `/package.Service/Method`; '' where nothing of that name is served. */
  readonly path: string;
  /** What serves it; undefined = nothing does. */
  readonly served: ServedMethod | undefined;
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
 * One gRPC call, and how its answer is written: headers, messages, trailers. This much is the same for all of them. Settles
 * when the HTTP/2 stream is closed.
 */
export class GrpcExchange implements Exchange {
  readonly metadata: IncomingHttpHeaders;
  protected readonly stream: ServerHttp2Stream;
  protected readonly context: GrpcContext;
  protected readonly settlement: Settlement;
  protected requestEnded = false;
  protected requestMessages = 0;
  protected responseMessages = 0;
  readonly #incoming: IncomingStream;
  readonly #from: CallOrigin;
  readonly #leaveConnection: () => void;
  #trailers: OutgoingHttpHeaders = OK_TRAILERS;
  #takenBytes = 0;
  #stalledSince = 0;
  /** How long the client may take nothing of its answer; it has been cut off for that. undefined = it has not. */
  #stalledMs: number | undefined;

  constructor(context: GrpcContext, incoming: IncomingStream) {
    this.context = context;
    this.#incoming = incoming;
    this.stream = incoming.stream;
    this.metadata = incoming.headers;
    this.#from = callOrigin(incoming.connection, incoming.headers);
    const { remoteAddress: peerAddress } = incoming.connection.from;
    this.settlement = new Settlement(context, this, { headers: incoming.headers, from: this.#from, peerAddress });
    this.#leaveConnection = incoming.connection.enterStream();
    const stream = incoming.stream as TrackedStream;
    stream[EXCHANGE] = this;
    stream.on('data', onData);
    stream.on('end', onEnd);
    stream.on('wantTrailers', onWantTrailers);
    stream.on('close', onClose);
    // Whatever it is, 'close' follows.
    stream.on('error', ignore);
  }

  get dialectName(): string | undefined {
    return this.#incoming.served?.dialectName;
  }

  get subject(): string {
    return this.metadata[':path'] ?? '';
  }

  /**
   * Checks who calls and opens the call with its deadline: the client's, at most `limitMs`; at once where it is known at once who
   * calls, and nothing is read before. Throws or rejects what must not come in.
   */
  begin(method: GrpcMethod, limitMs: number): Call | Promise<Call> {
    const { metadata, settlement } = this;
    const { authenticate, draining } = this.context;
    // Whoever asks for the health of the server is told of the shutdown; a watch would only hold it up.
    const refused = method.access === 'key' || method.kind === 'stream';
    if (refused && draining()) throw shuttingDown();
    const host = metadata[':authority'] ?? metadata.host;
    const peer = createPeer(this.#incoming.connection, this.#from, { headers: metadata, host });
    const principal = method.access === 'key' ? authenticate(this.#credential(), peer) : NOBODY;
    if (!(principal instanceof Promise)) {
      this.#checkControl(method);
      return settlement.begin(principal, Math.min(grpcTimeoutMs(metadata['grpc-timeout']), limitMs));
    }
    // Nobody waits for it where the timeout is malformed.
    principal.catch(() => undefined);
    const timeoutMs = Math.min(grpcTimeoutMs(metadata['grpc-timeout']), limitMs);
    this.stream.pause();
    return settlement.beginLater(principal, timeoutMs).then((call) => {
      this.stream.resume();
      this.#checkControl(method);
      return call;
    });
  }

  #checkControl(method: GrpcMethod): void {
    if (!method.control || this.context.options.adminPort < 0) return;
    throw new MillraceError(
      'permission_denied',
      `${method.path} changes the server: it is answered on the admin port only, which is REST`,
    );
  }

  /** Ends the call with an error; what was not foreseen is published with its stack and answered without it. */
  fail(thrown: unknown): void {
    this.settlement.fail(thrown);
  }

  writeError(error: MillraceError): void {
    const { stream } = this;
    if (stream.closed) return;
    // Only what is read to its end is closed.
    if (stream.isPaused()) stream.resume();
    const trailers = this.#errorTrailers(error);
    if (stream.headersSent) {
      this.#trailers = trailers;
      stream.end();
    } else {
      stream.respond({ ...HEADERS, ...trailers }, TRAILERS_ONLY);
      dropRest(stream);
    }
  }

  hurry(): void {
    // Whoever waits for an answer gets it.
  }

  cutOff(): void {
    this.stream.close(constants.NGHTTP2_CANCEL);
  }

  /** Cuts off a client that takes nothing of its answer for `sendTimeoutMs`. */
  check(now: number): void {
    const { stream } = this;
    const taken = this.settlement.responseBytes - stream.writableLength;
    if (stream.writableLength === 0 || taken !== this.#takenBytes || this.#stalledSince === 0) {
      this.#takenBytes = taken;
      this.#stalledSince = now;
      return;
    }
    const limitMs = patienceMs(this.context.options.sendTimeoutMs, this.context.draining());
    if (now - this.#stalledSince < limitMs) return;
    this.#stalledMs ??= limitMs;
    stream.close(constants.NGHTTP2_CANCEL);
  }

  #credential(): string | undefined {
    const { headers, served } = this.#incoming;
    return this.context.requiresKey ? credentialOf(this.#incoming, served?.credentialHeaders) : headers.authorization;
  }

  #statusOf(error: MillraceError): number {
    return statusOf(error, this.#incoming.served?.status ?? GRPC_STATUS);
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
    const headers: OutgoingHttpHeaders = { ...HEADERS };
    if (encoding !== undefined) headers['grpc-encoding'] = encoding;
    const { timing, requestId, call } = this.settlement;
    for (const [name, value] of answererHeaders(timing)) headers[name] = value;
    for (const [name, value] of this.context.quotaHeaders.of(call.quota)) headers[name] = value;
    // By which it is told later what became of the answer.
    if (timing.route !== '') headers['x-request-id'] = requestId;
    this.stream.respond(headers, WITH_TRAILERS);
  }

  /** A message goes out, `bytes` of it now. */
  protected countResponse(bytes: number): void {
    this.responseMessages++;
    this.countResponseBytes(bytes);
  }

  /** More of a message goes out. */
  protected countResponseBytes(bytes: number): void {
    this.settlement.responseBytes += bytes;
    this.#incoming.connection.overhead.answer(bytes);
  }

  /** Nothing comes after what has been written but status OK. */
  protected finish(): void {
    this.settlement.answer();
    this.stream.end();
  }

  /** A piece of the request has come. For the listeners of the stream, as the three below. */
  receive(piece: Uint8Array): void {
    const { settlement } = this;
    settlement.requestBytes += piece.byteLength;
    this.#incoming.connection.overhead.request(piece.byteLength);
    if (settlement.answered || this.stream.closed) return;
    try {
      this.onPiece(piece);
    } catch (error) {
      settlement.fail(error);
    }
  }

  receiveEnd(): void {
    const { settlement } = this;
    this.requestEnded = true;
    // Node says 'end' as well of a stream that was reset or whose connection is gone.
    if (settlement.answered || this.stream.closed) return;
    try {
      this.onRequestEnd();
    } catch (error) {
      settlement.fail(error);
    }
  }

  sendTrailers(): void {
    this.stream.sendTrailers(this.#trailers);
    dropRest(this.stream);
  }

  close(): void {
    const { settlement, stream } = this;
    const wasReset = stream.rstCode !== constants.NGHTTP2_NO_ERROR;
    if (!settlement.answered || (settlement.error === undefined && wasReset)) {
      const stalledMs = this.#stalledMs;
      settlement.leave(
        stalledMs === undefined ? 'the client left before it had its answer' : stalledMessage(stalledMs),
      );
    }
    settlement.settle();
  }

  onSettled(): void {
    const { context, stream, settlement } = this;
    const { error } = settlement;
    const { path, connection } = this.#incoming;
    this.onGone();
    this.#leaveConnection();
    if (!this.requestEnded) connection.overhead.unread();
    // A client whose deadline has passed here sees it pass as well, and resets what it does not know to be answered.
    if (stream.rstCode !== constants.NGHTTP2_NO_ERROR || error?.code === 'deadline_exceeded') connection.onReset();
    context.events.publish('grpcFinished', {
      method: path,
      path: this.metadata[':path'] ?? '',
      status: error === undefined ? GRPC_STATUS_CODES.OK : this.#statusOf(error),
      requestMessages: this.requestMessages,
      responseMessages: this.responseMessages,
      requestBytes: settlement.requestBytes,
      responseBytes: settlement.responseBytes,
      remoteAddress: this.#from.remoteAddress,
      durationMs: settlement.durationMs,
      call: settlement.call,
      error,
    });
  }

  #errorTrailers(error: MillraceError): OutgoingHttpHeaders {
    const status = this.#statusOf(error);
    const pushback = pushbackOf(error, status);
    return {
      'grpc-status': String(status),
      'grpc-message': encodeStatusMessage(error.message),
      'x-request-id': this.settlement.requestId,
      ...(pushback !== undefined && { 'grpc-retry-pushback-ms': pushback }),
      ...(isNotRun(error, this.settlement.call) && { [NOT_RUN_HEADER]: 'true' }),
      ...(error.code === 'quota_exceeded' && {
        ...Object.fromEntries(this.context.quotaHeaders.of(this.settlement.call.quota)),
        ...retryTrailers(error, status),
      }),
    };
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
  this[EXCHANGE].close();
}
function ignore(): void {}

/** Largest message that a method takes. */
export function maxMessageBytes({ largeMessages }: GrpcMethod, { options, shares }: GrpcContext): number {
  const most = Math.min(options.maxInputBytes, shares?.maxBytes ?? Number.POSITIVE_INFINITY);
  return largeMessages === true ? most : Math.min(most, SMALL_MESSAGE_BYTES);
}
