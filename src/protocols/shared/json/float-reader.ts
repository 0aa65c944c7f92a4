import { CLOSE_BRACKET } from './bytes.js';
import type { JsonCursor } from './cursor.js';
import type { Elements } from './elements.js';
import type { FloatAssembly } from './float-assembly.js';
import { readFloat } from './floats.js';

/** Floats in a run for which it is worth putting their text in the memory of WebAssembly. */
export const MIN_SCANNED = 64;

/** Reads the numbers of one text by WebAssembly: the same values and errors as `readFloats` gives. A thread uses one at a time. */
export class FloatReader {
  readonly #assembly: FloatAssembly;
  readonly #cursor: JsonCursor;
  /** The part of the text that is in its memory; it stays there from row to row. */
  #start = 0;
  #end = 0;

  constructor(assembly: FloatAssembly, cursor: JsonCursor) {
    this.#assembly = assembly;
    this.#cursor = cursor;
  }

  /** As {@link ReadElements}. */
  read(elements: Elements<Float32Array | Float64Array>, from: number): number {
    const { out } = elements;
    const cursor = this.#cursor;
    const assembly = this.#assembly;
    const double = out instanceof Float64Array;
    let index = from;
    for (;;) {
      if (cursor.pos < this.#start || cursor.pos >= this.#end) this.#load();
      const moved = assembly.textAt - this.#start;
      const count = assembly.scan(cursor.pos + moved, this.#end + moved, double);
      const kept = Math.min(count, out.length - index);
      if (kept > 0) assembly.store(kept, out, index);
      index += count;
      cursor.pos = assembly.position - moved;
      const { status } = assembly;
      if (status === assembly.arrayEnded) return index;
      if (status === assembly.textEnded && cursor.pos > this.#start && this.#end < cursor.end) {
        this.#load();
        continue;
      }
      cursor.peek();
      const value = readFloat(cursor, elements, index);
      if (index < out.length) out[index] = value;
      index++;
      if (!cursor.next(CLOSE_BRACKET)) return index;
    }
  }

  #load(): void {
    const { bytes, pos, end } = this.#cursor;
    this.#start = pos;
    this.#end = Math.min(end, pos + this.#assembly.maxTextBytes);
    this.#assembly.load(bytes, this.#start, this.#end);
  }
}
