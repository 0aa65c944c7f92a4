import type { JsonCursor } from './cursor.js';
import { badElement, type Elements, spaceEnd, startsNumber } from './elements.js';
import { readNumberText } from './number.js';

// Not imported: V8 folds constants of the same module only.
const SPACE = 0x20;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const CLOSE_BRACKET = 0x5d;
const LOWER_E = 0x65;
const MAX_EXACT = Number.MAX_SAFE_INTEGER;
const TWO_TO_32 = 2 ** 32;

/** Integers of any width as 32-bit words: one each, or two (the low one first) for the 64-bit datatypes. */
export interface IntegerElements extends Elements<Int32Array> {
  readonly wordsPerElement: 1 | 2;
  readonly min: bigint;
  readonly max: bigint;
}

/** {@link ReadElements} of integers; nothing is lost and nothing wraps: what is out of range is refused. */
export function readIntegers(cursor: JsonCursor, elements: IntegerElements, from: number): number {
  const { bytes } = cursor;
  const { out, wordsPerElement } = elements;
  const min = Number(elements.min);
  const max = Math.min(Number(elements.max), MAX_EXACT);
  let pos = cursor.pos;
  for (let index = from; ; index++) {
    if (bytes[pos] === SPACE) pos++;
    if ((bytes[pos] as number) <= SPACE) pos = spaceEnd(bytes, pos);
    const start = pos;
    const negative = bytes[pos] === MINUS;
    if (negative) pos++;
    let byte = bytes[pos] as number;
    const first = pos;
    let value = 0;
    while (byte >= ZERO && byte <= NINE) {
      value = value * 10 + (byte - ZERO);
      byte = bytes[++pos] as number;
    }
    const plain = pos === first + 1 || (pos > first && bytes[first] !== ZERO);
    if (negative) value = -value;
    if (!plain || value < min || value > max || value < -MAX_EXACT || byte === POINT || (byte | 0x20) === LOWER_E) {
      cursor.pos = start;
      storeLarge(cursor, elements, index);
      pos = cursor.pos;
    } else if (wordsPerElement === 1) {
      if (index < out.length) out[index] = value;
    } else if (2 * index < out.length) {
      out[2 * index] = value;
      out[2 * index + 1] = Math.floor(value / TWO_TO_32);
    }
    if ((bytes[pos] as number) <= SPACE) pos = spaceEnd(bytes, pos);
    byte = bytes[pos] as number;
    cursor.pos = pos + 1;
    if (byte === CLOSE_BRACKET) return index + 1;
    if (byte !== COMMA) throw cursor.unexpected("',' or ']'", pos);
    pos++;
  }
}

/** Takes a 64-bit integer beyond 2^53; everything else that the loop above leaves is refused here. */
function storeLarge(cursor: JsonCursor, elements: IntegerElements, index: number): void {
  const { out, min, max } = elements;
  const expected = `an integer from ${min} to ${max}`;
  if (!startsNumber(cursor)) throw badElement(cursor, elements, { index, expected });
  const { pos } = cursor;
  const text = readNumberText(cursor);
  const value = /^-?\d{1,20}$/.test(text) ? BigInt(text) : undefined;
  if (value === undefined || value < min || value > max) {
    cursor.pos = pos;
    throw badElement(cursor, elements, { index, expected, got: text });
  }
  if (2 * index + 1 < out.length) {
    out[2 * index] = Number(BigInt.asIntN(32, value));
    out[2 * index + 1] = Number(BigInt.asIntN(32, value >> 32n));
  }
}
