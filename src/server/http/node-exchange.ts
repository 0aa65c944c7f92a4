import type { IncomingMessage, ServerResponse } from 'node:http';
import { MillraceError } from '../../core/index.js';
import { type Dialect, piecesOf, type WireResponse, type WireStream } from '../../protocols/index.js';
import { endWith } from './answer-body.js';
import { collectArriving } from './arriving-body.js';
import type { Connection } from './connection.js';
import { type ExpectedBody, type HttpContext, HttpExchange } from './exchange.js';
import { IncomingBody } from './incoming-body.js';
import { StreamedBody } from './streamed-body.js';
import { endWhenSent, unreadBody } from './unread-body.js';

/** A request that `node:http` has read, and writes the answer of. */
export class NodeExchange extends HttpExchange<Connection> {
  override readonly req: IncomingMessage;
  readonly res: ServerResponse;
  /** The client waits for `100 Continue` before it sends its body. */
  expectsContinue = false;
  #incoming: IncomingBody | undefined;
  #streamed: StreamedBody | undefined;
  /** The answer is out as a whole, and only the rest of the request is still thrown away. */
  #lingers = false;

  constructor(
    context: HttpContext,
    connection: Connection,
    http: { req: IncomingMessage; res: ServerResponse; dialect: Dialect },
  ) {
    const { req, res, dialect } = http;
    super(context, connection, { head: req, dialect, receivedAt: connection.takeReceivedAt() ?? context.clock.now() });
    this.req = req;
    this.res = res;
  }

  get isReceiving(): boolean {
    return this.#incoming !== undefined && !this.answered;
  }

  override get streaming(): boolean {
    return this.#streamed !== undefined && this.answered;
  }

  override collect(expected: ExpectedBody, done: (body: Uint8Array) => void): void {
    this.#checkUnread();
    const { expectsContinue } = this;
    collectArriving(this, expected, done);
    this.#invite(() => this.settlement.watchArrival());
    if (!expectsContinue) this.settlement.watchArrival();
  }

  incoming(): AsyncIterable<Uint8Array> {
    this.#checkUnread();
    this.#invite(() => undefined);
    this.#incoming = new IncomingBody(this, this.req.iterator({ destroyOnReturn: false }), this.context);
    return this.#incoming;
  }

  /** Answers bit by bit. What goes wrong before the first piece is answered as any error is. */
  async stream(response: WireStream): Promise<void> {
    const { res, connection, settlement } = this;
    const body = new StreamedBody(response.stream, {
      res,
      socket: connection.socket,
      sendTimeoutMs: () => this.sendTimeoutMs,
    });
    this.#streamed = body;
    let opened = false;
    try {
      if (!this.answered) await body.begin();
      if (this.answered || this.req.method === 'HEAD') body.stop();
      if (this.answered) return;
      opened = true;
      settlement.answer();
      this.status = response.status;
      const close = unreadBody(this) !== 'small' || this.isLast;
      res.writeHead(response.status, [...this.headersOf(response, undefined, close)]);
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

  override writeError(error: MillraceError): void {
    super.writeError(error);
    this.#incoming?.interrupt(error);
  }

  override probe(): void {
    // RFC 9110 has every client of HTTP/1.1 take it, whatever it has asked for, and HTTP/1.0 has no such thing.
    if (!this.answered && this.req.httpVersionMinor > 0 && this.res.socket?.writable === true) this.res.writeContinue();
  }

  override hurry(): void {
    if (this.#streamed !== undefined && !this.res.writableEnded) this.#streamed.hurry();
    else if (this.answered && this.res.socket !== null) this.connection.socket.setTimeout(this.sendTimeoutMs);
  }

  override cutOff(): void {
    this.connection.socket.destroy();
  }

  protected override leave(): void {
    if (this.#lingers) return;
    super.leave();
    this.#incoming?.interrupt(this.settlement.error);
    this.#streamed?.stop();
  }

  protected override write(response: WireResponse, lengthBytes: number): void {
    const { res, settlement } = this;
    const { status, body } = response;
    const unread = unreadBody(this);
    res.writeHead(status, this.headersOf(response, lengthBytes, unread !== 'small' || this.isLast) as string[]);
    if (unread !== 'large') {
      endWith(res, body, lengthBytes);
      this.#settleWhenWritten();
      return;
    }
    this.#lingers = true;
    for (const piece of piecesOf(body)) res.write(piece);
    endWhenSent(this, this.context.clock);
    res.once('close', () => settlement.settle());
  }

  #checkUnread(): void {
    if (!this.req.readableDidRead) return;
    const message = 'the body has been read already: hand requests to the handler before anything reads them';
    throw new MillraceError('internal', message);
  }

  /** Tells a client that waits for it to send its body; `invited` is called then. */
  #invite(invited: () => void): void {
    const { expectsContinue } = this;
    this.expectsContinue = false;
    if (!expectsContinue) return;
    const write = () => {
      if (this.answered) return;
      this.res.writeContinue();
      invited();
    };
    // Before its turn Node would write it between the head and the body of the answer whose turn it is.
    if (this.res.socket === null) this.res.once('socket', write);
    else write();
  }

  /** Ends an answer that cannot be completed: only a broken connection tells the client. */
  #breakOff(thrown: unknown): void {
    const { settlement } = this;
    if (settlement.settled) return;
    settlement.breakOff(thrown);
    this.#streamed?.stop();
    const { socket } = this.connection;
    socket.setTimeout(this.sendTimeoutMs);
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
    // Node destroys the socket when nothing of what waits there has moved for so long; the next answer sets it anew. While an
    // earlier answer has the socket, a wait is not the client's fault.
    const watch = () => socket.setTimeout(this.sendTimeoutMs);
    if (this.res.socket === null) this.res.once('socket', watch);
    else watch();
  }
}
