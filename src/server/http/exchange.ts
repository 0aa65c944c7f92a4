import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Call, MillraceError } from '../../core/index.js';
import type { Authenticate } from '../../governance/index.js';
import type { Dialect, WireResponse, WireStream } from '../../protocols/index.js';
import { compressAnswer } from '../compression.js';
import { patienceMs } from '../patience.js';
import { createPeer, originOf } from '../peer.js';
import { type Exchange, Settlement, type SettlementContext } from '../settlement.js';
import { bodyBytes, bodyPieces, endWith } from './answer-body.js';
import type { Connection, Connections, PendingExchange } from './connection.js';
import { responseCompression } from './encoding.js';
import { errorResponse } from './error-response.js';
import { type FlatHeaders, NO_HEADERS } from './origin-guard.js';
import { requestTimeoutMs } from './request-timeout.js';
import { formatServerTiming } from './server-timing.js';
import { StreamedBody } from './streamed-body.js';
import { endWhenSent, unreadBody } from './unread-body.js';

/** What all exchanges of a server share. */
export interface HttpContext extends SettlementContext {
  /** Nobody calls without one. */
  readonly requiresKey: boolean;
  readonly connections: Connections;
}

const CLIENT_CLOSED_REQUEST = 499;
/** Answers up to this size are not counted: a connection holds few of them, and there are only so many connections. */
const SMALL_ANSWER_BYTES = 16_384;

/** One HTTP request, and how its answer is written: status, headers, body. */
export class HttpExchange implements PendingExchange, Exchange {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly connection: Connection;
  readonly settlement: Settlement;
  /** The pattern of the route that took it; '' until then. */
  route = '';
  /** Writes its errors, and knows where its credential is: that of the route, before that of the listener. */
  dialect: Dialect;
  /** CORS headers for the answer. */
  corsHeaders: FlatHeaders = NO_HEADERS;
  /** The client waits for `100 Continue` before it sends its body. */
  expectsContinue = false;
  readonly #context: HttpContext;
  #status = 0;
  #streamed: StreamedBody | undefined;
  /** The answer is out as a whole, and only the rest of the request is still thrown away. */
  #lingers = false;

  constructor(
    context: HttpContext,
    connection: Connection,
    http: { req: IncomingMessage; res: ServerResponse; dialect: Dialect },
  ) {
    this.#context = context;
    this.connection = connection;
    this.req = http.req;
    this.res = http.res;
    this.dialect = http.dialect;
    this.settlement = new Settlement(context, this, http.req.headers);
    connection.add(this);
  }

  /** True once an answer is on its way or nobody waits for one. */
  get answered(): boolean {
    return this.settlement.answered;
  }

  get streaming(): boolean {
    return this.#streamed !== undefined && this.answered;
  }

  /** The call; of nobody until {@link enter} has said whose it is. */
  get call(): Call {
    return this.settlement.call;
  }

  /** How the client reached the server, e.g. `http://localhost:8000`. */
  get origin(): string {
    return originOf(this.connection.socket, this.req.headers.host);
  }

  get subject(): string {
    return `${this.req.method} ${this.req.url}`;
  }

  /**
   * Finds out who calls, and opens their call with its deadline: at once where that is known at once. `limitMs` is the longest that it
   * may take, and the deadline where the client sets none. Throws 400 when the client's own timeout is malformed.
   */
  enter(authenticate: Authenticate, limitMs = this.#context.options.requestTimeoutMs): Call | Promise<Call> {
    const { settlement, dialect } = this;
    const { headers } = this.req;
    const credential = dialect.credentialOf === undefined ? headers.authorization : dialect.credentialOf(headers);
    const principal = authenticate(credential, createPeer(this.connection, headers));
    // Nobody waits for it where the timeout is malformed.
    if (principal instanceof Promise) principal.catch(() => undefined);
    const timeoutMs = requestTimeoutMs(headers['x-request-timeout-ms'], limitMs);
    return principal instanceof Promise
      ? settlement.beginLater(principal, timeoutMs)
      : settlement.begin(principal, timeoutMs);
  }

  /** Answers. A successful body is compressed when `compressible` and the client asks for it. */
  send(response: WireResponse, compressible = false): void {
    if (this.answered) return;
    const accepted = this.req.headers['accept-encoding'];
    if (compressible && accepted !== undefined && response.status < 300) {
      const compression = responseCompression(accepted);
      if (compression !== undefined) {
        compressAnswer(response, compression).then(
          (compressed) => this.#answer(compressed),
          (error: unknown) => this.fail(error),
        );
        return;
      }
    }
    this.#answer(response);
  }

  /** Answers bit by bit. What goes wrong before the first piece is answered as any error is. */
  async stream(response: WireStream): Promise<void> {
    const { res, connection, settlement } = this;
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
      settlement.answer();
      this.#status = response.status;
      res.writeHead(response.status, this.#headersOf(response, undefined, unreadBody(this) !== 'small'));
      await body.write((bytes) => {
        settlement.responseBytes += bytes;
      });
      if (settlement.settled) return;
      res.end();
      this.#settleWhenWritten();
    } catch (error) {
      if (opened) this.#breakOff(error);
      else this.fail(error);
    }
  }

  /** Answers with an error; what was not foreseen is published with its stack and answered without it. */
  fail(thrown: unknown): void {
    this.settlement.fail(thrown);
  }

  writeError(error: MillraceError): void {
    let response = errorResponse(error, this.dialect);
    const refusal = this.#holdAnswer(bodyBytes(response.body));
    if (refusal !== undefined) {
      this.settlement.breakOff(refusal);
      response = errorResponse(refusal, this.dialect);
    }
    this.#write(response, bodyBytes(response.body));
  }

  onClientGone(): void {
    const { settlement } = this;
    if (settlement.settled) return;
    if (!this.#lingers) {
      this.#status = CLIENT_CLOSED_REQUEST;
      settlement.leave('the client closed the connection before it had its answer');
      this.#streamed?.stop();
    }
    settlement.settle();
  }

  probe(): void {
    // RFC 9110 has every client of HTTP/1.1 take it, whatever it has asked for, and HTTP/1.0 has no such thing.
    if (!this.answered && this.req.httpVersionMinor > 0 && this.res.socket?.writable === true) this.res.writeContinue();
  }

  hurry(): void {
    if (this.#streamed !== undefined && !this.res.writableEnded) this.#streamed.hurry();
    else if (this.answered && this.res.socket !== null) this.connection.socket.setTimeout(this.#sendTimeoutMs);
  }

  onSettled(): void {
    const { req, connection, settlement } = this;
    connection.remove(this);
    const url = req.url ?? '';
    const query = url.indexOf('?');
    this.#context.events.publish('httpFinished', {
      method: req.method ?? '',
      route: this.route,
      path: query < 0 ? url : url.slice(0, query),
      status: this.#status,
      requestBytes: settlement.requestBytes,
      responseBytes: settlement.responseBytes,
      remoteAddress: connection.remoteAddress,
      durationMs: settlement.durationMs,
      call: settlement.call,
      error: settlement.error,
    });
  }

  #answer(response: WireResponse): void {
    if (this.answered) return;
    const lengthBytes = bodyBytes(response.body);
    const refusal = this.#holdAnswer(lengthBytes);
    if (refusal !== undefined) {
      this.fail(refusal);
      return;
    }
    this.settlement.answer();
    this.#write(response, lengthBytes);
  }

  /** Counts an answer until the client has taken it. Gives the error to answer with where there is no room. */
  #holdAnswer(lengthBytes: number): MillraceError | undefined {
    if (lengthBytes <= SMALL_ANSWER_BYTES) return undefined;
    // The request is no longer needed once it is answered: its bytes make room for those of the answer.
    this.settlement.free();
    return this.settlement.holdAnswer(lengthBytes);
  }

  #write(response: WireResponse, lengthBytes: number): void {
    const { res, settlement } = this;
    const { status, body } = response;
    this.#status = status;
    settlement.responseBytes = lengthBytes;
    const unread = unreadBody(this);
    const headers = this.#headersOf(response, lengthBytes, unread !== 'small');
    try {
      res.writeHead(status, headers);
      if (unread === 'large') {
        this.#lingers = true;
        for (const piece of bodyPieces(body)) res.write(piece);
        endWhenSent(this, this.#context.clock);
        res.once('close', () => settlement.settle());
        return;
      }
      endWith(res, body, lengthBytes);
    } catch (error) {
      // A header that Node refuses, say. The socket is in no known state.
      settlement.publishFault(error);
      this.connection.socket.destroy();
      return;
    }
    this.#settleWhenWritten();
  }

  /** `lengthBytes` undefined = nobody knows yet. */
  #headersOf(response: Omit<WireResponse, 'body'>, lengthBytes: number | undefined, close: boolean): string[] {
    const headers: string[] = [];
    for (const name in response.headers) headers.push(name, response.headers[name] as string);
    if (lengthBytes !== undefined && response.status !== 204) headers.push('content-length', String(lengthBytes));
    headers.push('x-request-id', this.settlement.requestId);
    if (this.#context.options.timingHeaders) {
      headers.push('server-timing', formatServerTiming(this.call.timing, this.#context.clock.now()));
    }
    if (this.corsHeaders !== NO_HEADERS) headers.push(...this.corsHeaders);
    const last = (this.connection.closing || this.#context.draining()) && this.connection.isNewest(this);
    if (close || last) headers.push('connection', 'close');
    return headers;
  }

  /** Ends an answer that cannot be completed: only a broken connection tells the client. */
  #breakOff(thrown: unknown): void {
    const { settlement } = this;
    if (settlement.settled) return;
    settlement.breakOff(thrown);
    this.#streamed?.stop();
    const { socket } = this.connection;
    socket.setTimeout(this.#sendTimeoutMs);
    // What was written goes out first.
    socket.destroySoon();
    settlement.settle();
  }

  #settleWhenWritten(): void {
    const { settlement } = this;
    if (settlement.settled) return;
    const { socket } = this.connection;
    // The kernel has all of it already: the usual case, and the cheaper one.
    if (this.res.socket === socket && socket.writableLength === 0) {
      settlement.settle();
      return;
    }
    // Node also says 'finish' of an answer that it threw away with the socket.
    this.res.once('finish', () => (socket.destroyed ? this.onClientGone() : settlement.settle()));
    // Node destroys the socket when nothing of what waits there has moved for so long; the next answer sets it anew.
    socket.setTimeout(this.#sendTimeoutMs);
  }

  get #sendTimeoutMs(): number {
    return patienceMs(this.#context.options.sendTimeoutMs, this.#context.draining());
  }
}
