import { BACKSLASH, CLOSE_BRACE, COLON, OPEN_BRACE, QUOTE } from '../json/bytes.js';
import type { JsonCursor } from '../json/cursor.js';
import { readString, skipString } from '../json/string.js';

const EQUALS = 0x3d;

/** The value of `{"b64": text}`, not decoded. */
export interface Base64Text {
  readonly text: string;
  /** Bytes that it stands for if it is base64; -1 where its length shows that it is none. */
  readonly sizeBytes: number;
  /** Where the text stands. */
  readonly at: number;
}

/** Takes an object with the one member `b64`. Throws `invalid_argument`. */
export function readBase64(cursor: JsonCursor): Base64Text {
  cursor.expect(OPEN_BRACE, 'an object');
  if (cursor.peek() !== QUOTE || readString(cursor) !== 'b64') throw cursor.unexpected(`the member "b64"`);
  cursor.expect(COLON, "':'");
  cursor.peek();
  const at = cursor.pos;
  const text = readAscii(cursor);
  cursor.expect(CLOSE_BRACE, `'}' behind the value of "b64"`);
  return { text, sizeBytes: decodedBytes(text), at };
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
export function literalBytes(cursor: JsonCursor): number {
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
