import { invalidArgument } from '../../../core/index.js';
import type { GrpcStream, GrpcStreamHandler } from '../../shared/grpc/method.js';
import type { StreamParts } from './request-stream.js';

/** Of the texts of a stream, which are kept until it is half closed. */
const MAX_BYTES = 8_388_608;
const MAX_TEXTS = 16_384;

/** `RerankStream`: a text in each message, for the query and as the first message says; one answer when no more come. */
export class RerankStream implements GrpcStreamHandler {
  readonly #stream: GrpcStream;
  readonly #parts: StreamParts;
  readonly #texts: unknown[] = [];
  #first: Readonly<Record<string, unknown>> | undefined;
  #bytes = 0;

  constructor(stream: GrpcStream, parts: StreamParts) {
    this.#stream = stream;
    this.#parts = parts;
  }

  onMessage(message: Uint8Array): void {
    this.#bytes += message.byteLength;
    try {
      if (this.#bytes > MAX_BYTES) throw invalidArgument(`the stream has more than ${MAX_BYTES} bytes of texts`);
      if (this.#texts.length === MAX_TEXTS) throw invalidArgument(`the stream has more than ${MAX_TEXTS} texts`);
      const { text, ...fields } = this.#parts.decode(message);
      this.#first ??= fields;
      this.#texts.push(text);
    } catch (error) {
      this.#stream.end(error);
    }
  }

  onHalfClose(): void {
    void this.#answer();
  }

  onBroken(): void {
    // Its call is cancelled.
  }

  async #answer(): Promise<void> {
    const stream = this.#stream;
    const call = stream.openCall();
    try {
      stream.send(await this.#parts.answer(call, { ...this.#first, texts: this.#texts }));
      stream.end();
    } catch (error) {
      stream.end(error);
    } finally {
      stream.closeCall(call);
    }
  }
}
