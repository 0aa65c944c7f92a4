import { BACKSLASH, CLOSE_BRACE, CLOSE_BRACKET, COLON, OPEN_BRACE, QUOTE } from '../json/bytes.js';
import type { JsonCursor } from '../json/cursor.js';
import { badElement, type Elements, type Named } from '../json/elements.js';
import { readString, readStringBytes, skipString } from '../json/string.js';
import type { ElementStore } from './element-store.js';

/** Of the length before each element. */
const LENGTH_BYTES = 4;
const FIRST_BYTES = 256;
const EQUALS = 0x3d;

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
    cursor.pos++;
    if (cursor.peek() !== QUOTE || readString(cursor) !== 'b64') throw cursor.unexpected(`the member "b64"`);
    cursor.expect(COLON, "':'");
    cursor.peek();
    const at = cursor.pos;
    const text = readAscii(cursor);
    const expectedBytes = decodedBytes(text);
    const start = this.#sizeBytes + LENGTH_BYTES;
    this.#reserve(start + Math.max(0, expectedBytes));
    // Node's decoder leaves out what is not base64: then there is less than there should be.
    if (expectedBytes < 0 || this.#bytes.write(text, start, 'base64') !== expectedBytes) {
      cursor.pos = at;
      throw badElement(cursor, this.#elements, { index: this.count, expected: 'base64 in "b64"' });
    }
    this.#close(start + expectedBytes);
    if (cursor.peek() !== CLOSE_BRACE) throw cursor.unexpected(`'}' behind the value of "b64"`);
    cursor.pos++;
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

/** A string literal; text without escapes is not looked at byte by byte. */
function readAscii(cursor: JsonCursor): string {
  const { bytes, pos } = cursor;
  if (bytes[pos] !== QUOTE) throw cursor.unexpected('a string');
  const end = pos + literalBytes(cursor) - 1;
  if (bytes.subarray(pos + 1, end).includes(BACKSLASH)) return readString(cursor);
  cursor.pos = end + 1;
  return bytes.toString('latin1', pos + 1, end);
}

/** Bytes of the string literal at the cursor, its quotes included. */
function literalBytes(cursor: JsonCursor): number {
  const { bytes, end, pos } = cursor;
  let quote = bytes.indexOf(QUOTE, pos + 1);
  while (quote >= 0 && quote < end && isEscaped(bytes, quote)) quote = bytes.indexOf(QUOTE, quote + 1);
  // Throws that there is no end.
  if (quote < 0 || quote >= end) skipString(cursor);
  return quote + 1 - pos;
}

function isEscaped(bytes: Uint8Array, at: number): boolean {
  let first = at;
  while (bytes[first - 1] === BACKSLASH) first--;
  return (at - first) % 2 === 1;
}

/** Bytes that base64 stands for, with padding or without; -1 where the length shows that it is none. */
function decodedBytes(text: string): number {
  let length = text.length;
  while (length > 0 && length > text.length - 2 && text.charCodeAt(length - 1) === EQUALS) length--;
  if ((length < text.length && text.length % 4 !== 0) || length % 4 === 1) return -1;
  return Math.floor((length * 3) / 4);
}
