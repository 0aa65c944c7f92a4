import type { Datatype } from '../../../core/index.js';
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
const TO_LOWER_CASE = 0x20;
const MAX_EXACT = Number.MAX_SAFE_INTEGER;
const TWO_TO_32 = 2 ** 32;

/** Integers of any width as 32-bit words: one each, or two (the low one first) for the 64-bit datatypes. */
export interface IntegerElements extends Elements<Int32Array> {
  readonly wordsPerElement: 1 | 2;
  readonly min: bigint;
  readonly max: bigint;
}

export type IntegerDatatype = Extract<Datatype, `INT${string}` | `UINT${string}`>;

/** What each integer datatype holds. */
export const INTEGER_KINDS: Readonly<Record<IntegerDatatype, Omit<IntegerElements, 'tensor' | 'out'>>> = {
  INT8: { min: -(2n ** 7n), max: 2n ** 7n - 1n, wordsPerElement: 1 },
  INT16: { min: -(2n ** 15n), max: 2n ** 15n - 1n, wordsPerElement: 1 },
  INT32: { min: -(2n ** 31n), max: 2n ** 31n - 1n, wordsPerElement: 1 },
  INT64: { min: -(2n ** 63n), max: 2n ** 63n - 1n, wordsPerElement: 2 },
  UINT8: { min: 0n, max: 2n ** 8n - 1n, wordsPerElement: 1 },
  UINT16: { min: 0n, max: 2n ** 16n - 1n, wordsPerElement: 1 },
  UINT32: { min: 0n, max: 2n ** 32n - 1n, wordsPerElement: 1 },
  UINT64: { min: 0n, max: 2n ** 64n - 1n, wordsPerElement: 2 },
};

/** {@link ReadElements} of integers; nothing is lost and nothing wraps: what is out of range is refused. */
export function readIntegers(cursor: JsonCursor, elements: IntegerElements, from: number): number {
  const { bytes } = cursor;
  const { out, wordsPerElement } = elements;
  const room = out.length;
  const min = Math.max(Number(elements.min), -MAX_EXACT);
  const max = Math.min(Number(elements.max), MAX_EXACT);
  let pos = cursor.pos;
  for (let index = from; ; index++) {
    let byte = bytes[pos] as number;
    if (byte === SPACE) byte = bytes[++pos] as number;
    if (byte <= SPACE) {
      pos = spaceEnd(bytes, pos);
      byte = bytes[pos] as number;
    }
    const start = pos;
    // As in readFloats: 1 for everything below a point, of which only a minus may stand here.
    const sign = (byte - POINT) >>> 31;
    const misplaced = (byte ^ MINUS) & -sign;
    pos += sign;
    byte = bytes[pos] as number;
    const leadingZero = byte === ZERO;
    const first = pos;
    let value = 0;
    while (byte >= ZERO && byte <= NINE) {
      value = value * 10 + (byte - ZERO);
      byte = bytes[++pos] as number;
    }
    value *= 1 - 2 * sign;
    const plain =
      misplaced === 0 &&
      pos > first &&
      (!leadingZero || pos === first + 1) &&
      byte !== POINT &&
      (byte | TO_LOWER_CASE) !== LOWER_E;
    if (!plain || value < min || value > max) {
      cursor.pos = start;
      storeLarge(cursor, elements, index);
      pos = cursor.pos;
      byte = bytes[pos] as number;
    } else if (wordsPerElement === 1) {
      if (index < room) out[index] = value;
    } else if (2 * index < room) {
      out[2 * index] = value;
      out[2 * index + 1] = Math.floor(value / TWO_TO_32);
    }
    if (byte <= SPACE) {
      pos = spaceEnd(bytes, pos);
      byte = bytes[pos] as number;
    }
    if (byte !== COMMA) {
      if (byte !== CLOSE_BRACKET) throw cursor.unexpected("',' or ']'", pos);
      cursor.pos = pos + 1;
      return index + 1;
    }
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
    throw badElement(cursor, elements, { index, expected });
  }
  if (2 * index + 1 < out.length) {
    out[2 * index] = Number(BigInt.asIntN(32, value));
    out[2 * index + 1] = Number(BigInt.asIntN(32, value >> 32n));
  }
}
