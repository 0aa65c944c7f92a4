import { CLOSE_BRACKET } from './bytes.js';
import type { JsonCursor } from './cursor.js';
import type { Elements } from './elements.js';
import { readFloat } from './floats.js';
import { SCAN_FLOATS_WASM } from './scan-floats.wasm.js';

interface Constant {
  readonly value: number;
}

/** What `assembly/scan-floats.ts` exports, where it is explained. */
interface ScanFloats {
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
}

// Types of it come with those of browsers only.
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: ScanFloats };
};

/** The compiled scanner and its memory. A thread has one, and reads one tensor at a time with it. */
export class FloatScanner {
  readonly textAt: number;
  readonly maxTextBytes: number;
  readonly textEnded: number;
  readonly arrayEnded: number;
  readonly #exports: ScanFloats;
  readonly #bytes: Uint8Array;
  readonly #words: Int32Array;
  readonly #singles: Float32Array;
  readonly #doubles: Float64Array;
  readonly #statusIndex: number;
  readonly #positionIndex: number;

  /** Throws where there is no WebAssembly, or no address space for it. */
  constructor() {
    const module = new WebAssembly.Module(Buffer.from(SCAN_FLOATS_WASM, 'base64'));
    const { exports } = new WebAssembly.Instance(module);
    const { buffer } = exports.memory;
    const { value: valuesAt } = exports.VALUES;
    this.textAt = exports.TEXT.value;
    this.maxTextBytes = exports.MAX_TEXT_BYTES.value;
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
}

/** The 64 leading bits of 10^power, rounded down. */
function leadingBits(power: number): bigint {
  const size = 10n ** BigInt(Math.abs(power));
  const bits = BigInt(size.toString(2).length);
  if (power < 0) return (1n << (bits + 63n)) / size;
  return bits > 64n ? size >> (bits - 64n) : size << (64n - bits);
}

let scanner: FloatScanner | undefined;
let available = true;

/** The scanner of this thread, made for the first list that is long enough; undefined where there can be none. */
export function floatScanner(): FloatScanner | undefined {
  if (scanner === undefined && available) {
    try {
      scanner = new FloatScanner();
    } catch {
      available = false;
    }
  }
  return scanner;
}

/** {@link ReadElements} of the numbers of one tensor by the scanner: the same values and errors as `readFloats` gives. */
export class FloatReader {
  readonly #scanner: FloatScanner;
  readonly #cursor: JsonCursor;
  readonly #elements: Elements<Float32Array | Float64Array>;
  /** The part of the text that is in the scanner's memory; it stays there from row to row. */
  #start = 0;
  #end = 0;

  constructor(scanner: FloatScanner, cursor: JsonCursor, elements: Elements<Float32Array | Float64Array>) {
    this.#scanner = scanner;
    this.#cursor = cursor;
    this.#elements = elements;
  }

  read(from: number): number {
    const { out } = this.#elements;
    const cursor = this.#cursor;
    const scanner = this.#scanner;
    const double = out instanceof Float64Array;
    let index = from;
    for (;;) {
      if (cursor.pos >= this.#end) this.#load();
      const moved = scanner.textAt - this.#start;
      const count = scanner.scan(cursor.pos + moved, this.#end + moved, double);
      const kept = Math.min(count, out.length - index);
      if (kept > 0) scanner.store(kept, out, index);
      index += count;
      cursor.pos = scanner.position - moved;
      const { status } = scanner;
      if (status === scanner.arrayEnded) return index;
      if (status === scanner.textEnded && cursor.pos > this.#start && this.#end < cursor.end) {
        this.#load();
        continue;
      }
      cursor.peek();
      const value = readFloat(cursor, this.#elements, index);
      if (index < out.length) out[index] = value;
      index++;
      if (!cursor.next(CLOSE_BRACKET)) return index;
    }
  }

  #load(): void {
    const { bytes, pos, end } = this.#cursor;
    this.#start = pos;
    this.#end = Math.min(end, pos + this.#scanner.maxTextBytes);
    this.#scanner.load(bytes, this.#start, this.#end);
  }
}
