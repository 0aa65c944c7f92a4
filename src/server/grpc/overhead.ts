/** What a client may send of frames that belong to no request: at once, and per second. */
const BURST_BYTES = 262_144;
const BYTES_PER_SECOND = 16_384;

/** What may be explained before it is read. */
const MAX_CREDIT_BYTES = 4_194_304;

const FRAME_HEADER_BYTES = 9;
/** Of a stream, besides its headers: their frames, window updates and its reset. */
const STREAM_BYTES = 256;
/** Of a request that is not read to its end: what its client may have sent before it learns that. */
const UNREAD_BYTES = 1_048_576;
/** Acknowledgement of a message by window updates, of the stream and the connection. */
const MESSAGE_BYTES = 40;

/**
 * What a client sends over one connection besides requests: PRIORITY, WINDOW_UPDATE, PING, SETTINGS, unknown frames. Node tells of none
 * of them, so they are what is left of the bytes read when those of requests are taken off, with what goes along with these.
 */
export class Overhead {
  #explainedBytes = 0;
  #countedBytes = 0;
  #excessBytes = 0;

  /** A stream was opened with so many bytes of headers. */
  stream(headerBytes: number): void {
    this.#explainedBytes += STREAM_BYTES + headerBytes;
  }

  /** A piece of a request came. */
  request(bytes: number): void {
    this.#explainedBytes += FRAME_HEADER_BYTES + bytes;
  }

  /** A stream was closed whose client had more to send. */
  unread(): void {
    this.#explainedBytes += UNREAD_BYTES;
  }

  /** So many bytes of an answer went out, which the client acknowledges. */
  answer(bytes: number): void {
    this.#explainedBytes += MESSAGE_BYTES + bytes / 2;
  }

  /** Whether it is more than a client may send; `readBytes`: of the connection so far, but for those of requests that wait to be taken. */
  isFlood(readBytes: number, elapsedMs: number): boolean {
    // What is explained before it is read, such as window updates to come, may be sent later.
    const unexplained = Math.max(this.#countedBytes, readBytes - this.#explainedBytes);
    const paid = (elapsedMs * BYTES_PER_SECOND) / 1_000;
    this.#excessBytes = Math.max(0, this.#excessBytes - paid + unexplained - this.#countedBytes);
    this.#countedBytes = unexplained;
    this.#explainedBytes = Math.min(this.#explainedBytes, readBytes - unexplained + MAX_CREDIT_BYTES);
    return this.#excessBytes > BURST_BYTES;
  }
}
