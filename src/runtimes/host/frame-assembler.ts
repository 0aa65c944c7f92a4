import { checkReceivedSize, type Frame, HEADER_BYTES, readFrame } from './frame.js';

/**
 * Cuts the chunks of a stream into frames. A frame that lies whole and aligned in a chunk is handed on as a view; any
 * other is assembled in one buffer of its own, each byte copied once.
 */
export class FrameAssembler {
  readonly #onFrame: (frame: Frame) => void;
  readonly #header = new Uint8Array(HEADER_BYTES);
  #headerFilled = 0;
  #partial: Uint8Array | undefined;
  #partialFilled = 0;

  constructor(onFrame: (frame: Frame) => void) {
    this.#onFrame = onFrame;
  }

  /** Takes the next chunk, which nobody may change afterwards. Throws when the stream is malformed. */
  push(chunk: Uint8Array): void {
    let offset = 0;
    while (offset < chunk.byteLength) {
      if (this.#partial !== undefined) offset += this.#continue(this.#partial, chunk.subarray(offset));
      else if (this.#headerFilled > 0 || chunk.byteLength - offset < HEADER_BYTES) {
        offset += this.#continueHeader(chunk.subarray(offset));
      } else offset += this.#begin(chunk, offset);
    }
  }

  #begin(chunk: Uint8Array, offset: number): number {
    const available = chunk.byteLength - offset;
    const sizeBytes = readSize(chunk, offset);
    if (available >= sizeBytes && (chunk.byteOffset + offset) % 8 === 0) {
      this.#onFrame(readFrame(chunk.subarray(offset, offset + sizeBytes)));
      return sizeBytes;
    }
    this.#partial = Buffer.allocUnsafeSlow(sizeBytes);
    this.#partialFilled = 0;
    return this.#continue(this.#partial, chunk.subarray(offset));
  }

  #continue(partial: Uint8Array, rest: Uint8Array): number {
    const taken = Math.min(rest.byteLength, partial.byteLength - this.#partialFilled);
    partial.set(taken === rest.byteLength ? rest : rest.subarray(0, taken), this.#partialFilled);
    this.#partialFilled += taken;
    if (this.#partialFilled === partial.byteLength) {
      this.#partial = undefined;
      this.#onFrame(readFrame(partial));
    }
    return taken;
  }

  #continueHeader(rest: Uint8Array): number {
    const taken = Math.min(rest.byteLength, HEADER_BYTES - this.#headerFilled);
    this.#header.set(rest.subarray(0, taken), this.#headerFilled);
    this.#headerFilled += taken;
    if (this.#headerFilled === HEADER_BYTES) {
      this.#headerFilled = 0;
      this.#partial = Buffer.allocUnsafeSlow(readSize(this.#header, 0));
      this.#partialFilled = 0;
      this.#continue(this.#partial, this.#header);
    }
    return taken;
  }
}

function readSize(bytes: Uint8Array, offset: number): number {
  const sizeBytes = new DataView(bytes.buffer, bytes.byteOffset + offset, 4).getUint32(0, LITTLE_ENDIAN);
  checkReceivedSize(sizeBytes);
  return sizeBytes;
}

const LITTLE_ENDIAN = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;
