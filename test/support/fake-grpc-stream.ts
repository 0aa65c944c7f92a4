import { Call, MillraceError } from '../../src/core/index.js';
import type { GrpcMessage, GrpcMetadata, GrpcStream } from '../../src/protocols/shared/grpc/method.js';
import { principalWith } from './principals.js';

/** A call of somebody who may do everything. */
export function createTestCall(): Call {
  const principal = principalWith('tester');
  return new Call({ requestId: 'r', principal, trace: undefined, deadlineAt: Infinity, receivedAt: 0 });
}

/** A stream to a client that reads when the test says so. */
export class FakeGrpcStream implements GrpcStream {
  readonly metadata: GrpcMetadata;
  readonly sent: GrpcMessage[] = [];
  readonly calls: Call[] = [];
  readonly open = new Set<Call>();
  /** What the stream was ended with; undefined while it is open. */
  ended: { readonly error: unknown } | undefined;
  /** Messages that the client takes before it is slow. */
  room = Number.POSITIVE_INFINITY;
  readonly #waiting: (() => void)[] = [];

  constructor(metadata: GrpcMetadata = {}) {
    this.metadata = metadata;
  }

  openCall(): Call {
    const call = createTestCall();
    this.calls.push(call);
    this.open.add(call);
    return call;
  }

  closeCall(call: Call): void {
    this.open.delete(call);
  }

  send(message: GrpcMessage): boolean {
    if (this.ended !== undefined) throw new Error('sent after the end');
    this.sent.push(message);
    return --this.room > 0;
  }

  drained(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** The client reads on. */
  drain(room = Number.POSITIVE_INFINITY): void {
    this.room = room;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  end(error?: unknown): void {
    if (this.ended !== undefined) throw new Error('ended twice');
    this.ended = { error };
    this.breakOff();
  }

  /** Cancels what is open, as the transport does when the client is gone. */
  breakOff(): void {
    for (const call of this.open) call.cancel(new MillraceError('cancelled', 'the stream broke'));
    this.drain();
  }
}
