import { bytesOf, type NumericArray } from '../../core/index.js';

/** Up to here copying costs less than what V8 does when a small array's memory is asked for. */
const COPY_LIMIT_BYTES = 2_048;
const SLAB_BYTES = 65_536;

type ArrayConstructor = new (buffer: ArrayBuffer, byteOffset: number, length: number) => NumericArray;

/**
 * The bytes of typed arrays. Small ones are copied one behind the other, so that those of a batch lie together, into memory
 * that is given up, not used again, when it is full: whoever got a part of it may keep that.
 */
export class Slab {
  #buffer = new ArrayBuffer(0);
  #end = 0;

  bytesOf(array: NumericArray): Uint8Array {
    const { byteLength, BYTES_PER_ELEMENT, length } = array;
    if (byteLength > COPY_LIMIT_BYTES) return bytesOf(array);
    let start = Math.ceil(this.#end / BYTES_PER_ELEMENT) * BYTES_PER_ELEMENT;
    if (start + byteLength > this.#buffer.byteLength) {
      this.#buffer = new ArrayBuffer(SLAB_BYTES);
      start = 0;
    }
    this.#end = start + byteLength;
    // An array of its own kind, so elements move as they are.
    const copy = new (array.constructor as ArrayConstructor)(this.#buffer, start, length);
    copy.set(array as never);
    return new Uint8Array(this.#buffer, start, byteLength);
  }
}
