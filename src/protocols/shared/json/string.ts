import { BACKSLASH, QUOTE, SPACE } from './bytes.js';
import type { JsonCursor } from './cursor.js';

const LOWER_U = 0x75;
const COPY_BY_LOOP_BYTES = 24;
/** Escapes of one letter: their code → the byte they mean. */
const SHORT_ESCAPES: ReadonlyMap<number, number> = new Map(
  ['""', '\\\\', '//', 'b\b', 'f\f', 'n\n', 'r\r', 't\t'].map((pair) => [pair.charCodeAt(0), pair.charCodeAt(1)]),
);

/** Takes a string. */
export function readString(cursor: JsonCursor): string {
  cursor.expect(QUOTE, 'a string');
  const start = cursor.pos;
  if (scanPlain(cursor)) return cursor.bytes.toString('utf8', start, cursor.pos - 1);
  skipRest(cursor);
  const unescaped = Buffer.allocUnsafe(cursor.pos - start);
  cursor.pos = start;
  return unescaped.toString('utf8', 0, readStringBytes(cursor, unescaped, 0));
}

/** Takes a string without decoding it. */
export function skipString(cursor: JsonCursor): void {
  cursor.expect(QUOTE, 'a string');
  skipRest(cursor);
}

/**
 * Behind an opening quote: takes the rest of the string and writes its UTF-8 bytes to `out` from `offset` on, where
 * there must be room for as many bytes as the string has in the text. Returns the offset behind them.
 */
export function readStringBytes(cursor: JsonCursor, out: Uint8Array, offset: number): number {
  const { bytes } = cursor;
  let length = offset;
  for (;;) {
    const start = cursor.pos;
    const closed = scanPlain(cursor);
    const end = closed ? cursor.pos - 1 : cursor.pos;
    if (end - start > COPY_BY_LOOP_BYTES) {
      out.set(bytes.subarray(start, end), length);
      length += end - start;
    } else {
      for (let pos = start; pos < end; pos++) out[length++] = bytes[pos] as number;
    }
    if (closed) return length;
    length = writeUtf8(readEscape(cursor), out, length);
  }
}

function skipRest(cursor: JsonCursor): void {
  while (!scanPlain(cursor)) readEscape(cursor);
}

/** Takes what stands for itself: true when the closing quote was found and taken, false in front of a backslash. */
function scanPlain(cursor: JsonCursor): boolean {
  const { bytes, end } = cursor;
  let pos = cursor.pos;
  for (; pos < end; pos++) {
    const byte = bytes[pos] as number;
    if (byte === QUOTE) {
      cursor.pos = pos + 1;
      return true;
    }
    if (byte === BACKSLASH) {
      cursor.pos = pos;
      return false;
    }
    if (byte < SPACE) throw cursor.unexpected('control characters in a string to be escaped', pos);
  }
  throw cursor.unexpected(`'"' at the end of the string`, pos);
}

/** In front of a backslash: takes the escape, a whole surrogate pair if it is one, and returns its code point. */
function readEscape(cursor: JsonCursor): number {
  const start = cursor.pos;
  const letter = start + 1 < cursor.end ? (cursor.bytes[start + 1] as number) : 0;
  cursor.pos = start + 2;
  if (letter !== LOWER_U) {
    const byte = SHORT_ESCAPES.get(letter);
    if (byte === undefined) throw cursor.unexpected('one of "\\/bfnrtu behind the backslash', start + 1);
    return byte;
  }
  const unit = readHex(cursor);
  if (unit < 0xd800 || unit > 0xdfff) return unit;
  const pairs = unit < 0xdc00 && cursor.bytes[cursor.pos] === BACKSLASH && cursor.bytes[cursor.pos + 1] === LOWER_U;
  cursor.pos += 2;
  const low = pairs ? readHex(cursor) : 0;
  if (low < 0xdc00 || low > 0xdfff) throw cursor.unexpected('a pair of surrogates', start, 'half of one');
  return 0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
}

function readHex(cursor: JsonCursor): number {
  const digits = cursor.bytes.toString('latin1', cursor.pos, Math.min(cursor.pos + 4, cursor.end));
  if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw cursor.unexpected('four hexadecimal digits');
  cursor.pos += 4;
  return Number.parseInt(digits, 16);
}

function writeUtf8(codePoint: number, out: Uint8Array, offset: number): number {
  if (codePoint < 0x80) {
    out[offset] = codePoint;
    return offset + 1;
  }
  const length = codePoint < 0x800 ? 2 : codePoint < 0x1_0000 ? 3 : 4;
  let rest = codePoint;
  for (let index = length - 1; index > 0; index--) {
    out[offset + index] = 0x80 | (rest & 0x3f);
    rest >>>= 6;
  }
  out[offset] = ((0xf00 >>> length) & 0xff) | rest;
  return offset + length;
}
