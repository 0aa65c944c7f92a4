import { CLOSE_BRACKET, QUOTE } from './bytes.js';
import type { JsonCursor } from './cursor.js';
import { badElement, type Elements } from './elements.js';
import { readStringBytes } from './string.js';

/** Packed BYTES elements so far: `sizeBytes` of `bytes` are filled. */
export interface PackedStrings {
  readonly bytes: Uint8Array;
  sizeBytes: number;
}

/**
 * {@link ReadElements} of strings into the raw encoding of a BYTES tensor. There must be room for
 * {@link packedSizeLimit} bytes, however many elements come.
 */
export function readStrings(cursor: JsonCursor, elements: Elements<PackedStrings>, from: number): number {
  const { out } = elements;
  for (let index = from; ; index++) {
    if (cursor.peek() !== QUOTE) throw badElement(cursor, elements, { index, expected: 'a string' });
    cursor.pos++;
    const start = out.sizeBytes;
    out.sizeBytes = readStringBytes(cursor, out.bytes, start + 4);
    const length = out.sizeBytes - start - 4;
    out.bytes[start] = length;
    out.bytes[start + 1] = length >>> 8;
    out.bytes[start + 2] = length >>> 16;
    out.bytes[start + 3] = length >>> 24;
    if (!cursor.next(CLOSE_BRACKET)) return index + 1;
  }
}

/**
 * Most bytes that the strings of an array can take when packed: each trades at least two quotes and a comma or bracket
 * for a length of four bytes, and escapes only shrink.
 */
export function packedSizeLimit(jsonBytes: number): number {
  return Math.ceil((jsonBytes * 4) / 3) + 1;
}
