import { CLOSE_BRACKET, OPEN_BRACE, QUOTE } from '../json/bytes.js';
import type { JsonCursor } from '../json/cursor.js';
import { badElement, type Elements, type Named } from '../json/elements.js';
import { readStringBytes } from '../json/string.js';
import { literalBytes, readBase64 } from './base64.js';
import type { ElementStore } from './element-store.js';

/** Of the length before each element. */
const LENGTH_BYTES = 4;
const FIRST_BYTES = 256;

/** Elements of BYTES: strings, or `{"b64": text}` for what is no text. */
export class StringStore implements ElementStore {
  count = 0;
  readonly #elements: Elements<undefined>;
  #bytes = Buffer.allocUnsafe(FIRST_BYTES);
  #sizeBytes = 0;

  constructor(tensor: Named) {
    this.#elements = { tensor, out: undefined };
  }

  take(cursor: JsonCursor): void {
    do {
      switch (cursor.peek()) {
        case QUOTE:
          this.#takeString(cursor);
          break;
        case OPEN_BRACE:
          this.#takeBase64(cursor);
          break;
        default:
          throw badElement(cursor, this.#elements, { index: this.count, expected: `a string or {"b64": a string}` });
      }
      this.count++;
    } while (cursor.next(CLOSE_BRACKET));
  }

  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#sizeBytes);
  }

  #takeString(cursor: JsonCursor): void {
    const start = this.#sizeBytes + LENGTH_BYTES;
    this.#reserve(start + literalBytes(cursor));
    cursor.pos++;
    this.#close(readStringBytes(cursor, this.#bytes, start));
  }

  #takeBase64(cursor: JsonCursor): void {
    const { text, sizeBytes, at } = readBase64(cursor);
    const start = this.#sizeBytes + LENGTH_BYTES;
    this.#reserve(start + Math.max(0, sizeBytes));
    // Node's decoder leaves out what is not base64: then there is less than there should be.
    if (sizeBytes < 0 || this.#bytes.write(text, start, 'base64') !== sizeBytes) {
      cursor.pos = at;
      throw badElement(cursor, this.#elements, { index: this.count, expected: 'base64 in "b64"' });
    }
    this.#close(start + sizeBytes);
  }

  /** Writes the length of the element that ends at `end`. */
  #close(end: number): void {
    this.#bytes.writeUInt32LE(end - this.#sizeBytes - LENGTH_BYTES, this.#sizeBytes);
    this.#sizeBytes = end;
  }

  #reserve(sizeBytes: number): void {
    if (sizeBytes <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(sizeBytes, 2 * this.#bytes.length));
    larger.set(this.#bytes.subarray(0, this.#sizeBytes));
    this.#bytes = larger;
  }
}
