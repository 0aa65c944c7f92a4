import { readSync, writeSync } from 'node:fs';
import { checkReceivedSize, type Frame, HEADER_BYTES, readFrame } from './frame.js';

const INITIAL_BYTES = 65_536;
/** A read buffer up to this size is kept for the next frames; a larger one is released after its frame. */
const KEPT_BYTES = 2_097_152;

/**
 * Frames over two pipes, read and written synchronously: a runner that waits in `read(2)` answers a small batch in half
 * the time of one that is woken by its event loop. Nothing else happens in the thread while it waits.
 */
export class BlockingChannel {
  readonly readFd: number;
  readonly #writeFd: number;
  #buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  #start = 0;
  #end = 0;

  constructor(readFd: number, writeFd: number) {
    this.readFd = readFd;
    this.#writeFd = writeFd;
  }

  /** Waits for the next frame, which is valid until the next call; undefined once the other side has ended. */
  read(): Frame | undefined {
    if (this.#start === this.#end) this.#rewind();
    if (!this.#fill(HEADER_BYTES)) return undefined;
    const sizeBytes = new Uint32Array(this.#buffer.buffer, this.#start, 1)[0] as number;
    checkReceivedSize(sizeBytes);
    if (!this.#fill(sizeBytes)) return undefined;
    const bytes = this.#buffer.subarray(this.#start, this.#start + sizeBytes);
    this.#start += sizeBytes;
    return readFrame(bytes);
  }

  /** What was read and is not part of a frame yet, for whoever reads on; `read` must not be called again. */
  takeRest(): Uint8Array {
    const rest = Uint8Array.from(this.#buffer.subarray(this.#start, this.#end));
    this.#buffer = Buffer.alloc(0);
    this.#start = 0;
    this.#end = 0;
    return rest;
  }

  /** Writes the pieces of a frame. Returns false once the other side is gone. */
  write(pieces: readonly Uint8Array[]): boolean {
    for (const piece of pieces) {
      let offset = 0;
      while (offset < piece.byteLength) {
        const written = attempt(() => writeSync(this.#writeFd, piece, offset, piece.byteLength - offset));
        if (written === undefined) return false;
        offset += written;
      }
    }
    return true;
  }

  #rewind(): void {
    this.#start = 0;
    this.#end = 0;
    if (this.#buffer.byteLength > KEPT_BYTES) this.#buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  }

  /** Reads until `wanted` bytes lie behind `#start`. */
  #fill(wanted: number): boolean {
    this.#reserve(wanted);
    while (this.#end - this.#start < wanted) {
      const { byteLength } = this.#buffer;
      const received = attempt(() => readSync(this.readFd, this.#buffer, this.#end, byteLength - this.#end, null));
      if (received === undefined || received === 0) return false;
      this.#end += received;
    }
    return true;
  }

  #reserve(wanted: number): void {
    if (this.#start + wanted <= this.#buffer.byteLength) return;
    if (wanted > this.#buffer.byteLength) {
      const larger = Buffer.allocUnsafeSlow(Math.max(wanted, Math.min(KEPT_BYTES, 2 * wanted)));
      this.#buffer.copy(larger, 0, this.#start, this.#end);
      this.#buffer = larger;
    } else {
      this.#buffer.copyWithin(0, this.#start, this.#end);
    }
    this.#end -= this.#start;
    this.#start = 0;
  }
}

const GONE: ReadonlySet<string | undefined> = new Set(['EOF', 'EPIPE', 'ECONNRESET']);
const BUSY: ReadonlySet<string | undefined> = new Set(['EAGAIN', 'EWOULDBLOCK', 'EINTR']);

/** The number of bytes; 0 after a short sleep where a pipe is not blocking; undefined when the other side is gone. */
function attempt(transfer: () => number): number | undefined {
  for (;;) {
    try {
      return transfer();
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (GONE.has(code)) return undefined;
      if (!BUSY.has(code)) throw error;
      // Pipes are made blocking for this end; should a platform hand over a non-blocking one, do not spin.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}
