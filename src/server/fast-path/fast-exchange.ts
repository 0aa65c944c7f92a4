import type { WireBody, WireResponse } from '../../protocols/index.js';
import type { Connection } from '../http/connection.js';
import { type Arrival, type ExpectedBody, type HttpContext, HttpExchange } from '../http/exchange.js';
import { MAX_DISCARDED_BYTES } from '../http/unread-body.js';
import type { InferenceMatch } from '../rest/match-inference.js';
import type { AnswerHeads } from './answer-head.js';
import type { PlainHead } from './plain-head.js';

/** A request as it came: whole. */
export interface WholeRequest extends Arrival {
  readonly head: PlainHead;
  readonly match: InferenceMatch;
  readonly body: Uint8Array;
  /** The memory in which it lies, if that was claimed for it. */
  readonly claimed: Uint8Array | undefined;
}

/** An answer, ready to be written. */
export interface ReadyAnswer {
  readonly head: string;
  readonly body: WireBody;
  readonly lengthBytes: number;
  /** The connection ends behind it. */
  readonly close: boolean;
}

/** What writes the answers of a connection, each in its turn. */
export interface AnswerLine {
  readonly heads: AnswerHeads;
  /** An exchange has its answer. */
  answered(exchange: FastExchange): void;
  /** A client that is gone refuses what this writes, if it is the exchange's turn. */
  probe(exchange: FastExchange): void;
  /** The answer of an exchange is with the client, or never will be. */
  settled(): void;
}

/** A request that the fast path has read, and writes the answer of. */
export class FastExchange extends HttpExchange<Connection> {
  override readonly req: PlainHead;
  readonly match: InferenceMatch;
  /** Its answer has gone to the socket. */
  isWritten = false;
  /** Its answer, once there is one. */
  ready: ReadyAnswer | undefined;
  readonly #line: AnswerLine;
  #body: Uint8Array | undefined;

  constructor(
    context: HttpContext,
    { connection, line }: { connection: Connection; line: AnswerLine },
    whole: WholeRequest,
  ) {
    super(context, connection, whole);
    this.req = whole.head;
    this.match = whole.match;
    this.#line = line;
    this.#body = whole.body;
    this.settlement.adopt(whole.claimed);
  }

  /** Never: such requests do not come this way. */
  override get streaming(): boolean {
    return false;
  }

  override collect(_expected: ExpectedBody, done: (body: Uint8Array) => void): void {
    const body = this.#body as Uint8Array;
    this.#body = undefined;
    this.settlement.requestBytes = body.byteLength;
    this.settlement.hold(body.byteLength);
    done(body);
  }

  override probe(): void {
    if (!this.answered) this.#line.probe(this);
  }

  override hurry(): void {
    // Before its turn comes, its client has nothing to take.
    if (this.isWritten) this.limitSending();
  }

  override cutOff(): void {
    this.connection.socket.destroy();
  }

  /** Cuts the client off where it takes nothing of what is written for too long. */
  limitSending(): void {
    this.connection.socket.setTimeout(this.sendTimeoutMs);
  }

  override onSettled(): void {
    super.onSettled();
    this.#line.settled();
  }

  /** The answer has been handed to the kernel, or could not be. */
  written(error?: Error | null): void {
    if (this.settlement.settled) return;
    // Node says nothing of what went down with the socket.
    if ((error === undefined || error === null) && !this.connection.socket.destroyed) this.settlement.settle();
    else this.onClientGone();
  }

  protected override write(response: WireResponse, lengthBytes: number): void {
    const { status, body } = response;
    // As where a body that nobody wants would still have to come.
    const isUnread = this.#body !== undefined && this.#body.byteLength > MAX_DISCARDED_BYTES;
    const close = isUnread || this.isLast;
    this.#body = undefined;
    const { heads } = this.#line;
    heads.check(response.headers);
    const head = heads.render(status, this.headersOf(response, lengthBytes, close), close);
    this.ready = { head, body: status === 204 || status === 304 ? '' : body, lengthBytes, close };
    this.#line.answered(this);
  }
}
