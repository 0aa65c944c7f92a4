import { computesCorrectly } from './check-assembly.js';
import { FLOATS_WASM } from './floats.wasm.js';

interface Constant {
  readonly value: number;
}

/** What `assembly/floats.ts` exports; it is explained there. */
interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly POWERS: Constant;
  readonly MIN_POWER: Constant;
  readonly MAX_POWER: Constant;
  readonly STATUS: Constant;
  readonly POSITION: Constant;
  readonly TEXT: Constant;
  readonly MAX_TEXT_BYTES: Constant;
  readonly VALUES: Constant;
  readonly TEXT_ENDED: Constant;
  readonly ARRAY_ENDED: Constant;
  scanFloat32s(start: number, end: number): number;
  scanFloat64s(start: number, end: number): number;
  formatFloat32s(from: number, to: number): number;
}

// Types of it come with those of browsers only.
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: Exports };
};

/** Most bytes that a number takes: a comma, and what is written at once of which the end may be zeros. */
const MAX_FORMATTED_BYTES = 24;

/** Reads and writes floats as JSON by WebAssembly. A thread has one, which reads or writes one tensor at a time. */
export class FloatAssembly {
  /** Where text is in the memory, and how many bytes there may be. */
  readonly textAt: number;
  readonly maxTextBytes: number;
  /** Values that may be written at a time. */
  readonly maxFormatted: number;
  readonly textEnded: number;
  readonly arrayEnded: number;
  readonly #exports: Exports;
  readonly #bytes: Uint8Array;
  readonly #words: Int32Array;
  readonly #singles: Float32Array;
  readonly #doubles: Float64Array;
  readonly #statusIndex: number;
  readonly #positionIndex: number;

  /** Throws where there is no WebAssembly, or no address space for it. */
  constructor() {
    const module = new WebAssembly.Module(Buffer.from(FLOATS_WASM, 'base64'));
    const { exports } = new WebAssembly.Instance(module);
    const { buffer } = exports.memory;
    const { value: valuesAt } = exports.VALUES;
    this.textAt = exports.TEXT.value;
    this.maxTextBytes = exports.MAX_TEXT_BYTES.value;
    this.maxFormatted = Math.floor(this.maxTextBytes / MAX_FORMATTED_BYTES);
    this.textEnded = exports.TEXT_ENDED.value;
    this.arrayEnded = exports.ARRAY_ENDED.value;
    this.#exports = exports;
    this.#bytes = new Uint8Array(buffer);
    this.#words = new Int32Array(buffer);
    this.#singles = new Float32Array(buffer, valuesAt);
    this.#doubles = new Float64Array(buffer, valuesAt);
    this.#statusIndex = exports.STATUS.value / 4;
    this.#positionIndex = exports.POSITION.value / 4;
    const { value: min } = exports.MIN_POWER;
    const powers = Array.from({ length: exports.MAX_POWER.value - min + 1 }, (_, index) => leadingBits(min + index));
    new BigUint64Array(buffer, exports.POWERS.value).set(powers);
  }

  /** Puts text in the memory, at most `maxTextBytes`. */
  load(text: Buffer, start: number, end: number): void {
    text.copy(this.#bytes, this.textAt, start, end);
  }

  /** Reads elements from a place in the memory, of text that ends at `end`; returns how many, which `status` and `position` explain. */
  scan(start: number, end: number, double: boolean): number {
    return double ? this.#exports.scanFloat64s(start, end) : this.#exports.scanFloat32s(start, end);
  }

  get status(): number {
    return this.#words[this.#statusIndex] as number;
  }

  get position(): number {
    return this.#words[this.#positionIndex] as number;
  }

  /** Stores the first `count` values that the last scan read. */
  store(count: number, out: Float32Array | Float64Array, at: number): void {
    out.set((out instanceof Float32Array ? this.#singles : this.#doubles).subarray(0, count), at);
  }

  /** Puts at most `maxFormatted` values in the memory. */
  loadValues(values: Float32Array): void {
    this.#singles.set(values);
  }

  /**
   * Writes values from index `from` on as text in the memory, each behind a comma, up to `to` or to one that it leaves to
   * `writeFloat32`; returns the text, which is there until the next call. `status` is the index that it stopped at.
   */
  format(from: number, to: number): Uint8Array {
    return this.#bytes.subarray(this.textAt, this.#exports.formatFloat32s(from, to));
  }
}

/** The 64 leading bits of 10^power, rounded down. */
function leadingBits(power: number): bigint {
  const size = 10n ** BigInt(Math.abs(power));
  const bits = BigInt(size.toString(2).length);
  if (power < 0) return (1n << (bits + 63n)) / size;
  return bits > 64n ? size >> (bits - 64n) : size << (64n - bits);
}

let assembly: FloatAssembly | undefined;
let available = true;

/** That of this thread, made for the first list that is long enough; undefined where there can be none, or where it computes wrongly. */
export function floatAssembly(): FloatAssembly | undefined {
  if (assembly === undefined && available) {
    try {
      const made = new FloatAssembly();
      available = computesCorrectly(made);
      if (available) assembly = made;
    } catch {
      available = false;
    }
  }
  return assembly;
}
