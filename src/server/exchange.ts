import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  type ByteBudget,
  Call,
  type Clock,
  type DeadlineWatch,
  type EventBus,
  MillraceError,
  type Principal,
  shuttingDown,
  type Timer,
  toMillraceError,
} from '../core/index.js';
import { type Peer, TooManyFailedKeys } from '../governance/index.js';
import { encodeError, type WireResponse, type WireStream } from '../protocols/index.js';
import { compressAnswer } from './compression.js';
import type { Connection, Connections, OpenExchange } from './connection.js';
import { requestTimeoutMs } from './deadline.js';
import { responseCompression } from './encoding.js';
import { HttpError } from './http-error.js';
import type { ServerOptions } from './options.js';
import { type FlatHeaders, NO_HEADERS } from './origin-guard.js';
import { patienceMs, STALLED_MS } from './patience.js';
import { createPeer } from './peer.js';
import { formatServerTiming } from './server-timing.js';
import { StreamedBody } from './streamed-body.js';
import { openTrace } from './trace-context.js';

/** What all exchanges of a server share. */
export interface ExchangeContext {
  readonly options: ServerOptions;
  readonly clock: Clock;
  readonly events: EventBus;
  /** Nobody calls without one. */
  readonly requiresKey: boolean;
  readonly connections: Connections;
  readonly bodyBudget: ByteBudget;
  /** Watches over calls whose body is still to come; later the service does. */
  readonly arrivals: DeadlineWatch;
  readonly requestId: (header: string | string[] | undefined) => string;
  /** The server ends: answers close their connection. */
  readonly draining: () => boolean;
}

/** Who calls where nobody has to say so: health, documentation, and what is refused before it comes to that. */
export const NOBODY: Principal = { name: 'anonymous', scopes: new Set() };
const CLIENT_CLOSED_REQUEST = 499;
/** Unread bodies up to this size are read away, so that the connection can be used again. */
const MAX_DISCARDED_BYTES = 65_536;
const LINGER_MS = 1_000;
/** Answers up to this size are not counted: a connection holds few of them, and there are only so many connections. */
const SMALL_ANSWER_BYTES = 16_384;

/** One HTTP request from its headers to the last byte of its answer; settles exactly once. */
export class Exchange implements OpenExchange {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly connection: Connection;
  readonly requestId: string;
  readonly receivedAt: number;
  /** The pattern of the route that took it; '' until then. */
  route = '';
  /** CORS headers for the answer. */
  corsHeaders: FlatHeaders = NO_HEADERS;
  /** The client waits for `100 Continue` before it sends its body. */
  expectsContinue = false;
  requestBytes = 0;
  readonly #context: ExchangeContext;
  #call: Call | undefined;
  #status = 0;
  #responseBytes = 0;
  #error: MillraceError | undefined;
  #heldBytes = 0;
  #arrival: number | undefined;
  /** The next check whether the body still arrives, when the server shuts down. */
  #stall: Timer | undefined;
  #streamed: StreamedBody | undefined;
  /** The answer is out as a whole, and only the rest of the request is still thrown away. */
  #lingers = false;
  #settled = false;

  constructor(context: ExchangeContext, connection: Connection, http: { req: IncomingMessage; res: ServerResponse }) {
    this.#context = context;
    this.connection = connection;
    this.req = http.req;
    this.res = http.res;
    this.receivedAt = context.clock.now();
    this.requestId = context.requestId(http.req.headers['x-request-id']);
    context.connections.open(connection, this);
  }

  /** True once an answer is on its way or nobody waits for one. */
  get answered(): boolean {
    return this.#status !== 0;
  }

  get streaming(): boolean {
    return this.#streamed !== undefined && this.answered;
  }

  /** The call; of nobody until {@link begin} has said whose it is. */
  get call(): Call {
    this.#call ??= this.#createCall(NOBODY, Number.POSITIVE_INFINITY);
    return this.#call;
  }

  /** Where the request came from. */
  get peer(): Peer {
    return createPeer(this.connection, this.req.headers);
  }

  /** How the client reached the server, e.g. `http://localhost:8000`. */
  get origin(): string {
    const { socket } = this.connection;
    const scheme = 'encrypted' in socket && socket.encrypted === true ? 'https' : 'http';
    return `${scheme}://${this.req.headers.host ?? `${socket.localAddress}:${socket.localPort}`}`;
  }

  /** Opens the call of `principal` with its deadline. Throws 400 when the client's own timeout is malformed. */
  begin(principal: Principal): Call {
    const limitMs = this.#context.options.requestTimeoutMs;
    const timeoutMs = requestTimeoutMs(this.req.headers['x-request-timeout-ms'], limitMs);
    this.#call = this.#createCall(principal, this.receivedAt + timeoutMs);
    return this.#call;
  }

  /** Counts body bytes against the server's budget until the exchange settles; throws when that is used up. */
  hold(bytes: number): void {
    if (this.#context.bodyBudget.take(bytes) !== undefined) {
      throw new MillraceError(
        'resource_exhausted',
        `the server already holds ${this.#context.options.maxBufferedBytes} bytes of requests and answers; try again later`,
        { retryAfterMs: 1_000 },
      );
    }
    this.#heldBytes += bytes;
  }

  /** Until {@link arrived}, the deadline and whatever else cancels the call are answered here: nobody else holds it yet. */
  arriving(): void {
    const { call } = this;
    call.onCancel((reason) => this.fail(reason));
    this.#arrival = this.#context.arrivals.watch(call);
    if (this.#context.draining()) this.hurry();
  }

  /** The body is here, or nobody waits for it any more. */
  arrived(): void {
    if (this.#arrival === undefined) return;
    this.#context.arrivals.unwatch(this.#arrival);
    this.#stall?.clear();
    this.#arrival = undefined;
    this.call.onCancel(undefined);
  }

  /** Answers. A successful body is compressed when `compressible` and the client asks for it. */
  send(response: WireResponse, compressible = false): void {
    if (this.answered) return;
    const accepted = this.req.headers['accept-encoding'];
    if (compressible && accepted !== undefined && response.status < 300) {
      const compression = responseCompression(accepted);
      if (compression !== undefined) {
        compressAnswer(response, compression).then(
          (compressed) => this.#write(compressed),
          (error: unknown) => this.fail(error),
        );
        return;
      }
    }
    this.#write(response);
  }

  /** Answers bit by bit. What goes wrong before the first piece is answered as any error is. */
  async stream(response: WireStream): Promise<void> {
    const { res, connection } = this;
    const body = new StreamedBody(response.stream, {
      res,
      socket: connection.socket,
      sendTimeoutMs: () => this.#sendTimeoutMs,
    });
    this.#streamed = body;
    let opened = false;
    try {
      if (!this.answered) await body.begin();
      if (this.answered || this.req.method === 'HEAD') body.stop();
      if (this.answered) return;
      opened = true;
      this.#status = response.status;
      res.writeHead(response.status, this.#headersOf(response, undefined, this.#unreadBody() !== 'small'));
      await body.write((bytes) => {
        this.#responseBytes += bytes;
      });
      if (this.#settled) return;
      res.end();
      this.#settleWhenWritten();
    } catch (error) {
      if (opened) this.#breakOff(error);
      else this.fail(error);
    }
  }

  /** Answers with an error; what was not foreseen is published with its stack and answered without it. */
  fail(thrown: unknown): void {
    const error = toMillraceError(thrown);
    // A MillraceError is what somebody foresaw, a model that raises included; the access log tells of it.
    if (error !== thrown) this.#publishFault(thrown);
    if (this.answered) return;
    this.#error = error;
    this.#write(errorResponse(error));
  }

  onClientGone(): void {
    if (this.#settled) return;
    if (this.#lingers) {
      this.#settle();
      return;
    }
    this.#status = CLIENT_CLOSED_REQUEST;
    this.#error = new MillraceError('cancelled', 'the client closed the connection before it had its answer');
    this.#call?.cancel(this.#error);
    this.#streamed?.stop();
    this.#settle();
  }

  /** Gives up on the call at shutdown; its answer says so. */
  cancel(reason: MillraceError): void {
    this.call.cancel(reason);
    // What holds the call answers in a moment; what nobody holds has to be answered here.
    this.#context.clock.defer(() => this.fail(reason));
  }

  probe(): void {
    // RFC 9110 has every client of HTTP/1.1 take it, whatever it has asked for, and HTTP/1.0 has no such thing.
    if (!this.answered && this.req.httpVersionMinor > 0 && this.res.socket?.writable === true) this.res.writeContinue();
  }

  hurry(): void {
    if (this.#settled) return;
    if (this.#arrival !== undefined) this.#awaitMore();
    else if (this.#streamed !== undefined && !this.res.writableEnded) this.#streamed.hurry();
    else if (this.answered && this.res.socket !== null) this.connection.socket.setTimeout(this.#sendTimeoutMs);
  }

  /** Ends the exchange once nothing more of its body has come for a while. */
  #awaitMore(): void {
    const { requestBytes } = this;
    this.#stall = this.#context.clock.setTimer(STALLED_MS, () => {
      if (this.requestBytes === requestBytes) this.fail(shuttingDown());
      else this.#awaitMore();
    });
  }

  #createCall(principal: Principal, deadlineAt: number): Call {
    const { traceparent, tracestate } = this.req.headers;
    return new Call({
      requestId: this.requestId,
      principal,
      trace: openTrace(single(traceparent), single(tracestate)),
      deadlineAt,
      receivedAt: this.receivedAt,
    });
  }

  #write(response: WireResponse): void {
    if (this.answered) return;
    const { status, body } = response;
    const lengthBytes = byteLength(body);
    if (lengthBytes > SMALL_ANSWER_BYTES && !this.#holdAnswer(lengthBytes)) return;
    this.#status = status;
    this.#responseBytes = lengthBytes;
    const unread = this.#unreadBody();
    const headers = this.#headersOf(response, lengthBytes, unread !== 'small');
    const { res } = this;
    try {
      res.writeHead(status, headers);
      if (unread === 'large') {
        this.#linger(body);
        return;
      }
      if (typeof body === 'string') {
        // Text of one byte a character goes out together with the headers in one cheap copy.
        res.end(body, body.length === lengthBytes ? 'latin1' : 'utf8');
      } else if (body instanceof Uint8Array) {
        res.end(body);
      } else {
        res.cork();
        for (const chunk of body) res.write(chunk);
        res.end();
        res.uncork();
      }
    } catch (error) {
      // A header that Node refuses, say. The socket is in no known state.
      this.#publishFault(error);
      this.connection.socket.destroy();
      return;
    }
    this.#settleWhenWritten();
  }

  /** Counts an answer until the client has taken it: many that nobody reads are many bytes. False = refused instead. */
  #holdAnswer(bytes: number): boolean {
    const { bodyBudget } = this.#context;
    // The request is no longer needed once it is answered: its bytes make room for those of the answer.
    bodyBudget.release(this.#heldBytes);
    this.#heldBytes = 0;
    if (bodyBudget.take(bytes) === undefined) {
      this.#heldBytes = bytes;
      return true;
    }
    this.fail(noRoomForAnswer(this.#context.options.maxBufferedBytes));
    return false;
  }

  /** `lengthBytes` undefined = nobody knows yet. */
  #headersOf(response: Omit<WireResponse, 'body'>, lengthBytes: number | undefined, close: boolean): string[] {
    const headers: string[] = [];
    for (const name in response.headers) headers.push(name, response.headers[name] as string);
    if (lengthBytes !== undefined && response.status !== 204) headers.push('content-length', String(lengthBytes));
    headers.push('x-request-id', this.requestId);
    if (this.#context.options.timingHeaders) {
      headers.push('server-timing', formatServerTiming(this.call.timing, this.#context.clock.now()));
    }
    if (this.corsHeaders !== NO_HEADERS) headers.push(...this.corsHeaders);
    const last = (this.connection.closing || this.#context.draining()) && this.connection.isNewest(this);
    if (close || last) headers.push('connection', 'close');
    return headers;
  }

  /** What is still to come of the body: so little that Node reads it away, too much for that, or nothing if not asked for. */
  #unreadBody(): 'small' | 'large' | 'withheld' {
    if (this.req.complete) return 'small';
    if (this.expectsContinue) return 'withheld';
    const { headers } = this.req;
    if (headers['transfer-encoding'] !== undefined) return 'large';
    const declared = headers['content-length'];
    return declared === undefined || Number(declared) - this.requestBytes <= MAX_DISCARDED_BYTES ? 'small' : 'large';
  }

  /**
   * A socket that is closed while the client still sends is reset, and the client may never see why. So the answer goes
   * out whole, and what arrives is thrown away until the client has stopped or a moment has passed.
   */
  #linger(body: WireResponse['body']): void {
    const { req, res } = this;
    this.#lingers = true;
    for (const chunk of typeof body === 'string' || body instanceof Uint8Array ? [body] : body) res.write(chunk);
    const timer = this.#context.clock.setTimer(LINGER_MS, () => res.end());
    req.once('end', () => res.end());
    res.once('close', () => {
      timer.clear();
      this.#settle();
    });
    req.resume();
  }

  /** Ends an answer that cannot be completed: only a broken connection tells the client. */
  #breakOff(thrown: unknown): void {
    if (this.#settled) return;
    this.#error = toMillraceError(thrown);
    if (this.#error !== thrown) this.#publishFault(thrown);
    this.#streamed?.stop();
    const { socket } = this.connection;
    socket.setTimeout(this.#sendTimeoutMs);
    // What was written goes out first.
    socket.destroySoon();
    this.#settle();
  }

  #settleWhenWritten(): void {
    if (this.#settled) return;
    const { socket } = this.connection;
    // The kernel has all of it already: the usual case, and the cheaper one.
    if (this.res.socket === socket && socket.writableLength === 0) {
      this.#settle();
      return;
    }
    // Node also says 'finish' of an answer that it threw away with the socket.
    this.res.once('finish', () => (socket.destroyed ? this.onClientGone() : this.#settle()));
    // Node destroys the socket when nothing of what waits there has moved for so long; the next answer sets it anew.
    socket.setTimeout(this.#sendTimeoutMs);
  }

  get #sendTimeoutMs(): number {
    return patienceMs(this.#context.options.sendTimeoutMs, this.#context.draining());
  }

  #settle(): void {
    if (this.#settled) return;
    this.#settled = true;
    const context = this.#context;
    this.arrived();
    if (this.#heldBytes > 0) context.bodyBudget.release(this.#heldBytes);
    context.connections.settle(this.connection, this);
    const { req } = this;
    const url = req.url ?? '';
    const query = url.indexOf('?');
    context.events.publish('httpFinished', {
      method: req.method ?? '',
      route: this.route,
      path: query < 0 ? url : url.slice(0, query),
      status: this.#status,
      requestBytes: this.requestBytes,
      responseBytes: this.#responseBytes,
      remoteAddress: this.connection.remoteAddress,
      durationMs: context.clock.now() - this.receivedAt,
      call: this.call,
      error: this.#error,
    });
  }

  #publishFault(error: unknown): void {
    this.#context.events.publish('diagnostic', {
      level: 'error',
      room: 'server',
      message: `${this.req.method} ${this.req.url} failed unexpectedly`,
      fields: { requestId: this.requestId },
      error,
    });
  }
}

/** What HTTP has a status for that no code has. */
function httpStatusOf(error: MillraceError): number | undefined {
  if (error instanceof HttpError) return error.status;
  return error instanceof TooManyFailedKeys ? 429 : undefined;
}

/** An error as an answer: by its code, or by the status that only HTTP has for it. */
export function errorResponse(error: MillraceError): WireResponse {
  const { status, headers, body } = encodeError(error, httpStatusOf(error));
  // Several codes share a status; a body of Triton's has no place for them.
  const named: Record<string, string> = { ...headers, 'x-millrace-error': error.code };
  if (error instanceof HttpError) Object.assign(named, error.headers);
  else if (status === 401) named['www-authenticate'] = 'Bearer realm="millrace"';
  return { status, headers: named, body };
}

/** Says nothing of trying again: the request was executed. */
export function noRoomForAnswer(maxBytes: number): MillraceError {
  return new MillraceError(
    'resource_exhausted',
    `the server already holds ${maxBytes} bytes of requests and answers, and has no room for this answer`,
  );
}

function byteLength(body: WireResponse['body']): number {
  if (typeof body === 'string') return Buffer.byteLength(body);
  if (body instanceof Uint8Array) return body.byteLength;
  let total = 0;
  for (const chunk of body) total += chunk.byteLength;
  return total;
}

function single(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : undefined;
}
