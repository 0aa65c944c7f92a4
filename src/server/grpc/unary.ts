import { invalidArgument, MillraceError, whenReady } from '../../core/index.js';
import { GRPC_STATUS_CODES, type GrpcMessage, type UnaryMethod } from '../../protocols/index.js';
import type { Compression } from '../compression.js';
import { compress } from '../compression.js';
import { isWorthCompressing, messageEncoding } from './encoding.js';
import { type GrpcContext, GrpcExchange, type IncomingStream, maxMessageBytes } from './exchange.js';
import { MessageReader } from './message-reader.js';
import { GrpcRefusal } from './refusal.js';
import { messageBytes, needsPace, writeMessage, writePaced } from './write-message.js';

/** A call of one message that has one answer. */
export class UnaryExchange extends GrpcExchange {
  readonly #method: UnaryMethod;
  readonly #reader: MessageReader;
  #message: Uint8Array | undefined;

  constructor(context: GrpcContext, incoming: IncomingStream, method: UnaryMethod) {
    super(context, incoming);
    this.#method = method;
    this.#reader = new MessageReader({
      maxBytes: maxMessageBytes(method, context),
      expect: (bytes) => this.settlement.reserve(bytes),
      hold: (bytes) => this.settlement.hold(bytes),
    });
  }

  /** Lets the call in; throws or rejects what must not come in. */
  open(): void | Promise<void> {
    // Models load as long as they load, or as their client waits.
    const limitMs = this.#method.control ? Number.POSITIVE_INFINITY : this.context.options.requestTimeoutMs;
    return whenReady(this.begin(this.#method, limitMs), (call) => {
      if (this.#method.inference === true) this.context.admit?.(call);
      this.settlement.expectMore();
      this.settlement.watchArrival();
      this.#reader.encoding = messageEncoding(this.metadata['grpc-encoding']);
    });
  }

  override check(now: number): void {
    if (!this.requestEnded && now - this.settlement.receivedAt >= this.context.options.receiveTimeoutMs) {
      this.fail(new MillraceError('deadline_exceeded', 'the request did not arrive in time'));
    }
    super.check(now);
  }

  protected override onPiece(piece: Uint8Array): void {
    this.#reader.push(piece);
    for (let message = this.#reader.next(); message !== undefined; message = this.#reader.next()) {
      if (this.#message !== undefined) {
        const { path } = this.#method;
        throw new GrpcRefusal(GRPC_STATUS_CODES.UNIMPLEMENTED, `${path} takes one message a call, got a second one`);
      }
      this.#message = message;
      this.requestMessages++;
    }
  }

  protected override onRequestEnd(): void {
    const message = this.#message;
    this.#message = undefined;
    this.settlement.expectNoMore();
    if (this.#reader.midMessage) {
      throw invalidArgument(`the request ended after ${this.#reader.progress}`);
    }
    if (message === undefined) throw invalidArgument('the request holds no message');
    if (!this.#reader.compressed) {
      this.#run(message);
      return;
    }
    this.#reader.unpack(message).then(
      (plain) => this.#run(plain),
      (error: unknown) => this.fail(error),
    );
  }

  /** Never throws. */
  #run(message: Uint8Array): void {
    const { answered, call } = this.settlement;
    if (answered) return;
    try {
      const answer = this.#method.handle(call, message, this.metadata);
      if (!(answer instanceof Promise)) {
        this.#answer(answer);
        return;
      }
      answer.then(
        (late) => this.#answer(late),
        (error: unknown) => this.fail(error),
      );
    } catch (error) {
      this.fail(error);
    }
  }

  /** Never throws. */
  #answer(message: GrpcMessage): void {
    const { encoding } = this.#reader;
    const sizeBytes = messageBytes(message);
    if (
      encoding === undefined ||
      !isWorthCompressing(encoding, { accepted: this.metadata['grpc-accept-encoding'], sizeBytes })
    ) {
      this.#send(message, sizeBytes);
      return;
    }
    compress(message, encoding).then(
      (packed) => this.#send(packed, messageBytes(packed), encoding),
      (error: unknown) => this.fail(error),
    );
  }

  #send(message: GrpcMessage, sizeBytes: number, encoding?: Compression): void {
    const { stream, settlement } = this;
    if (settlement.answered || stream.closed) return;
    // Held until the client has taken it.
    const refusal = settlement.holdAnswer(sizeBytes);
    if (refusal !== undefined) {
      this.fail(refusal);
      return;
    }
    this.sendHeaders(encoding);
    const framing = { sizeBytes, compressed: encoding !== undefined };
    if (needsPace(sizeBytes)) {
      this.countResponse(0);
      writePaced(stream, message, {
        ...framing,
        written: (bytes) => this.countResponseBytes(bytes),
        done: () => this.finish(),
      });
      return;
    }
    this.countResponse(sizeBytes);
    writeMessage(stream, message, framing);
    this.finish();
  }
}
