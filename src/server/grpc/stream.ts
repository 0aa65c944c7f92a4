import { type Call, deadlineExceeded, invalidArgument, MillraceError, whenReady } from '../../core/index.js';
import type { GrpcMessage, GrpcStream, GrpcStreamHandler, StreamMethod } from '../../protocols/index.js';
import { messageEncoding } from './encoding.js';
import { type GrpcContext, GrpcExchange, type IncomingStream, maxMessageBytes } from './exchange.js';
import { MessageReader } from './message-reader.js';
import { messageBytes, needsPace, writeMessage, writePaced } from './write-message.js';

const SIDELINE_LIMIT_MS = 3_600_000;

/** A timer may be early by a millisecond. */
const TIMER_SLACK_MS = 1;

/**
 * A call of many messages, both ways. One message is handled at a time; while it is, nothing is read, and HTTP/2's flow
 * control stops the client. Answers are not compressed.
 */
export class StreamExchange extends GrpcExchange implements GrpcStream {
  readonly #method: StreamMethod;
  readonly #reader: MessageReader;
  #handler: GrpcStreamHandler | undefined;
  /** Leaves the place of a stream of which there are few. */
  #sideline: (() => void) | undefined;
  /** A message is being handled. */
  #busy = false;
  #halfClosed = false;
  /** When the first byte of the message that is arriving came; 0 = none is. */
  #messageSince = 0;
  #onDrained: (() => void)[] = [];
  /** A large message is written part by part; those behind it wait, and so does the end. */
  #pacing = false;
  #queued: GrpcMessage[] = [];
  #ending = false;

  constructor(context: GrpcContext, incoming: IncomingStream, method: StreamMethod) {
    super(context, incoming);
    this.#method = method;
    this.#reader = new MessageReader({
      maxBytes: maxMessageBytes(method, context),
      expect: (bytes) => this.settlement.reserve(bytes),
      hold: (bytes) => this.settlement.hold(bytes),
    });
    this.stream.on('drain', () => {
      if (!this.#pacing) this.#wake();
    });
    this.stream.on('aborted', () => {
      this.onGone();
      this.#readAway();
    });
  }

  /** Lets the stream in; throws or rejects what must not come in. */
  open(): void | Promise<void> {
    const { sideline = false } = this.#method;
    return whenReady(this.begin(this.#method, sideline ? SIDELINE_LIMIT_MS : Number.POSITIVE_INFINITY), () => {
      if (sideline) this.#sideline = this.context.sidelines.enter();
      this.#handle();
    });
  }

  #handle(): void {
    this.#reader.encoding = messageEncoding(this.metadata['grpc-encoding']);
    const handler = this.#method.open(this);
    if (!this.settlement.answered) this.#handler = handler;
  }

  openCall(): Call {
    return this.settlement.call.child({ receivedAt: this.context.clock.now() });
  }

  closeCall(call: Call): void {
    call.end();
    // A moment later, as its last answer may still be on its way here.
    if (this.settlement.call.openChildren === 0 && this.context.draining()) {
      this.context.clock.defer(() => this.hurry());
    }
  }

  send(message: GrpcMessage): boolean {
    const { stream } = this;
    if (this.settlement.answered || stream.closed) return false;
    if (!stream.headersSent) this.sendHeaders();
    if (this.#pacing) {
      this.#queued.push(message);
      return false;
    }
    const sizeBytes = messageBytes(message);
    if (needsPace(sizeBytes)) {
      this.#sendPaced(message, sizeBytes);
      return false;
    }
    this.countResponse(sizeBytes);
    return writeMessage(stream, message, { sizeBytes, compressed: false });
  }

  drained(): Promise<void> {
    const { stream } = this;
    if (this.settlement.answered || stream.closed) return Promise.resolve();
    if (!this.#pacing && !stream.writableNeedDrain) return Promise.resolve();
    return new Promise((resolve) => this.#onDrained.push(resolve));
  }

  end(reason?: unknown): void {
    const { answered, call } = this.settlement;
    if (answered || this.#ending) return;
    this.#handler = undefined;
    call.cancelChildren(new MillraceError('cancelled', 'the stream has ended'));
    // Its calls have the same deadline, and their end may come here before that of the stream.
    const late = this.context.clock.now() + TIMER_SLACK_MS >= call.deadlineAt;
    const error = reason ?? (late ? deadlineExceeded(call) : undefined);
    if (error !== undefined) this.fail(error);
    else if (this.#pacing) this.#ending = true;
    else if (!this.stream.closed) {
      if (!this.stream.headersSent) this.sendHeaders();
      this.finish();
    }
    // A stream that has been ended says 'drain' no more.
    this.#wake();
    this.#readAway();
  }

  /** For what the handler does not know of yet. */
  override writeError(error: MillraceError): void {
    super.writeError(error);
    this.#break(error);
    this.#readAway();
  }

  override hurry(): void {
    // A watch lasts as long as it is let.
    if (this.#pacing || (this.#method.sideline !== true && (this.settlement.call.openChildren > 0 || this.#busy)))
      return;
    this.fail(new MillraceError('unavailable', 'the server is shutting down'));
  }

  override onSettled(): void {
    this.#awaitNoMessage();
    this.#sideline?.();
    super.onSettled();
  }

  override check(now: number): void {
    if (this.#messageSince > 0 && now - this.#messageSince >= this.context.options.receiveTimeoutMs) {
      this.fail(new MillraceError('deadline_exceeded', 'a message did not arrive in time'));
    }
    super.check(now);
  }

  protected override onPiece(piece: Uint8Array): void {
    this.#reader.push(piece);
    this.#readOn();
  }

  protected override onRequestEnd(): void {
    this.#readOn();
  }

  protected override onGone(): void {
    if (this.#handler !== undefined) this.#break(new MillraceError('cancelled', 'the client left the stream'));
  }

  /** Handles what has arrived until there is no more of it, or a message takes its time. May throw. */
  #readOn(): void {
    if (this.#ending) return;
    while (!this.#busy && !this.settlement.answered) {
      const message = this.#reader.next();
      if (message === undefined) break;
      this.requestMessages++;
      if (this.#reader.compressed) this.#wait(this.#unpack(message));
      else this.#hand(message);
    }
    if (this.#busy || this.settlement.answered) return;
    const { midMessage, progress } = this.#reader;
    if (!midMessage) this.#awaitNoMessage();
    else if (this.#messageSince === 0) {
      this.#messageSince = this.context.clock.now();
      this.context.arrivals.watch(this.settlement);
    }
    if (!this.requestEnded || this.#halfClosed) return;
    if (midMessage) throw invalidArgument(`the stream ended after ${progress} of a message`);
    this.#halfClosed = true;
    this.#handler?.onHalfClose();
  }

  #sendPaced(message: GrpcMessage, sizeBytes: number): void {
    this.#pacing = true;
    this.countResponse(0);
    writePaced(this.stream, message, {
      sizeBytes,
      compressed: false,
      written: (bytes) => this.countResponseBytes(bytes),
      done: () => this.#onPaced(),
    });
  }

  #onPaced(): void {
    this.#pacing = false;
    const queued = this.#queued;
    this.#queued = [];
    for (const message of queued) this.send(message);
    if (this.#pacing) return;
    if (this.#ending) this.finish();
    else if (!this.stream.writableNeedDrain) this.#wake();
    if (this.context.draining()) this.hurry();
  }

  #hand(message: Uint8Array): void {
    const pending = this.#handler?.onMessage(message);
    if (pending === undefined) this.settlement.free();
    else this.#wait(pending);
  }

  async #unpack(message: Uint8Array): Promise<void> {
    const plain = await this.#reader.unpack(message);
    if (!this.settlement.answered) await this.#handler?.onMessage(plain);
  }

  /** Reads nothing more until `pending` has settled. */
  #wait(pending: Promise<void>): void {
    this.#busy = true;
    this.#awaitNoMessage();
    this.stream.pause();
    pending
      .then(() => {
        this.#busy = false;
        this.#readAway();
        if (this.settlement.answered) return;
        this.settlement.free();
        this.#readOn();
        if (this.context.draining()) this.hurry();
      })
      .catch((error: unknown) => {
        this.fail(error);
        this.#readAway();
      });
  }

  #awaitNoMessage(): void {
    if (this.#messageSince > 0) this.context.arrivals.forget(this.settlement);
    this.#messageSince = 0;
  }

  #break(error: MillraceError): void {
    const handler = this.#handler;
    this.#handler = undefined;
    // A fault of the stream is none of its calls.
    const reason = error.code === 'internal' ? new MillraceError('cancelled', 'the stream broke off') : error;
    this.settlement.call.cancelChildren(reason);
    this.#wake();
    handler?.onBroken();
  }

  /** A stream on which something waits to be read is only closed once it is. */
  #readAway(): void {
    this.stream.resume();
  }

  #wake(): void {
    const waiting = this.#onDrained;
    this.#onDrained = [];
    for (const resolve of waiting) resolve();
  }
}
