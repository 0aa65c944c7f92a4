import { writeInteger } from './digits.js';

const FIRST_BYTES = 16_384;
const MAX_INTEGER_BYTES = 18;
const COMMA = 0x2c;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const LOWER_HEX = '0123456789abcdef';
const SHORT_ESCAPES: ReadonlyMap<number, string> = new Map([
  [QUOTE, '\\"'],
  [BACKSLASH, '\\\\'],
  [0x08, '\\b'],
  [0x0c, '\\f'],
  [0x0a, '\\n'],
  [0x0d, '\\r'],
  [0x09, '\\t'],
]);

/**
 * JSON text under construction, one at a time. It begins in a buffer that the next text uses again, and moves to one of
 * its own when it outgrows that.
 */
export class JsonWriter {
  readonly #scratch = Buffer.allocUnsafeSlow(FIRST_BYTES);
  /** The text so far is the first `length` bytes. */
  bytes = this.#scratch;
  length = 0;
  #ascii = true;

  /** Makes room for `sizeBytes` more. */
  reserve(sizeBytes: number): void {
    const needed = this.length + sizeBytes;
    if (needed <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.bytes.length));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }

  /** Writes ASCII text as it is. */
  ascii(text: string): void {
    this.reserve(text.length);
    const { bytes } = this;
    let length = this.length;
    for (let index = 0; index < text.length; index++) bytes[length++] = text.charCodeAt(index);
    this.length = length;
  }

  /** Writes ASCII bytes as they are. */
  asciiBytes(text: Uint8Array): void {
    this.reserve(text.length);
    this.bytes.set(text, this.length);
    this.length += text.length;
  }

  /** Writes integers of at most 2^53 with commas between them. */
  integers(values: readonly number[]): void {
    this.reserve(values.length * MAX_INTEGER_BYTES);
    const { bytes } = this;
    let length = this.length;
    for (let index = 0; index < values.length; index++) {
      if (index > 0) bytes[length++] = COMMA;
      length = writeInteger(bytes, length, values[index] as number);
    }
    this.length = length;
  }

  /** Writes JSON text that was made before. */
  raw(text: Uint8Array): void {
    this.reserve(text.length);
    const { bytes } = this;
    let length = this.length;
    let all = 0;
    for (let index = 0; index < text.length; index++) {
      const byte = text[index] as number;
      bytes[length++] = byte;
      all |= byte;
    }
    this.length = length;
    if (all > 0x7f) this.#ascii = false;
  }

  /** Writes a string literal. */
  string(text: string): void {
    this.reserve(text.length + 2);
    const { bytes } = this;
    let length = this.length;
    bytes[length++] = QUOTE;
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index);
      if (code < SPACE || code > 0x7e || code === QUOTE || code === BACKSLASH) {
        this.stringBytes(Buffer.from(text));
        return;
      }
      bytes[length++] = code;
    }
    bytes[length++] = QUOTE;
    this.length = length;
  }

  /** Writes a string literal of UTF-8 bytes. Bytes that are not UTF-8 are left as they are, which is what Triton does. */
  stringBytes(content: Uint8Array): void {
    this.ascii('"');
    this.content(content);
    this.ascii('"');
  }

  /** Writes what stands between the quotes of a string literal, or a part of that. */
  content(content: Uint8Array): void {
    this.reserve(content.length);
    let { bytes, length } = this;
    for (let index = 0; index < content.length; index++) {
      const byte = content[index] as number;
      if (byte >= SPACE && byte !== QUOTE && byte !== BACKSLASH) {
        bytes[length++] = byte;
        if (byte > 0x7f) this.#ascii = false;
        continue;
      }
      this.length = length;
      this.#escape(byte);
      this.reserve(content.length - index);
      ({ bytes, length } = this);
    }
    this.length = length;
  }

  #escape(byte: number): void {
    this.ascii(SHORT_ESCAPES.get(byte) ?? `\\u00${LOWER_HEX[byte >>> 4]}${LOWER_HEX[byte & 0xf]}`);
  }

  /** The text, and makes ready for the next one. A string where that is cheaper to send: short and ASCII only. */
  finish(): string | Uint8Array {
    if (this.bytes !== this.#scratch || !this.#ascii) return this.finishBytes();
    const text = this.bytes.toString('latin1', 0, this.length);
    this.length = 0;
    return text;
  }

  /** The text as bytes, and makes ready for the next one. */
  finishBytes(): Uint8Array {
    const text = this.bytes.subarray(0, this.length);
    const owned = this.bytes === this.#scratch ? Buffer.from(text) : text;
    this.reset();
    return owned;
  }

  /** Gives up the text and makes ready for the next one. */
  reset(): void {
    this.bytes = this.#scratch;
    this.length = 0;
    this.#ascii = true;
  }
}
