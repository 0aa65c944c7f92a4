import type { Call } from '../../../core/index.js';
import type { GrpcMessage, GrpcStream, GrpcStreamHandler } from '../../shared/grpc/method.js';

/** How the requests of a stream are read and answered. */
export interface StreamParts {
  readonly decode: (message: Uint8Array) => Readonly<Record<string, unknown>>;
  readonly answer: (call: Call, fields: Readonly<Record<string, unknown>>) => Promise<GrpcMessage>;
}

/** Requests one after the other, an answer for each; the first error ends the stream, as in TEI. */
export class RequestStream implements GrpcStreamHandler {
  readonly #stream: GrpcStream;
  readonly #parts: StreamParts;
  #busy = false;
  #halfClosed = false;

  constructor(stream: GrpcStream, parts: StreamParts) {
    this.#stream = stream;
    this.#parts = parts;
  }

  async onMessage(message: Uint8Array): Promise<void> {
    const stream = this.#stream;
    this.#busy = true;
    const call = stream.openCall();
    try {
      const answer = await this.#parts.answer(call, this.#parts.decode(message));
      if (!stream.send(answer)) await stream.drained();
      if (this.#halfClosed) stream.end();
    } catch (error) {
      stream.end(error);
    } finally {
      stream.closeCall(call);
      this.#busy = false;
    }
  }

  onHalfClose(): void {
    this.#halfClosed = true;
    if (!this.#busy) this.#stream.end();
  }

  onBroken(): void {
    // Its calls are cancelled.
  }
}
