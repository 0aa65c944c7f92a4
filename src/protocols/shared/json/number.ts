import { isDigit, LOWER_E, MINUS, PLUS, POINT, UPPER_E, ZERO } from './bytes.js';
import type { JsonCursor } from './cursor.js';

/** Not JSON, but written by Python and read by Triton. The longer of two with the same beginning comes first. */
const NON_FINITE = ['NaN', 'Infinity', 'Inf'] as const;

/** Takes a number, or `NaN`, `Infinity` or `Inf` with or without a minus, and returns its text. */
export function readNumberText(cursor: JsonCursor): string {
  cursor.peek();
  const start = cursor.pos;
  skipNumber(cursor);
  return cursor.bytes.toString('latin1', start, cursor.pos);
}

/** The double nearest to a number that {@link readNumberText} took, as `JSON.parse` would give it. */
export function parseNumber(text: string): number {
  return Number(text.endsWith('Inf') ? `${text}inity` : text);
}

/** Takes a number without looking at its value; `expected` says in the error what it should have been. */
export function skipNumber(cursor: JsonCursor, expected = 'a number'): void {
  const first = cursor.peek();
  const { bytes, pos: start } = cursor;
  let pos = first === MINUS ? start + 1 : start;
  if (!isDigit(bytes[pos] as number) || first < 0) {
    const word = NON_FINITE.find((literal) => cursor.startsWith(literal, pos));
    if (word === undefined) throw cursor.unexpected(expected, first === MINUS ? pos : start);
    cursor.pos = pos + word.length;
    return;
  }
  pos = bytes[pos] === ZERO ? pos + 1 : digitsEnd(cursor, pos);
  if (bytes[pos] === POINT) pos = digitsEnd(cursor, pos + 1);
  if (bytes[pos] === LOWER_E || bytes[pos] === UPPER_E) {
    const sign = bytes[pos + 1];
    pos = digitsEnd(cursor, sign === PLUS || sign === MINUS ? pos + 2 : pos + 1);
  }
  cursor.pos = pos;
}

/** Behind the digits that start at `from`, of which there must be at least one. */
function digitsEnd(cursor: JsonCursor, from: number): number {
  const { bytes } = cursor;
  let pos = from;
  while (isDigit(bytes[pos] as number)) pos++;
  if (pos === from) throw cursor.unexpected('a digit', from);
  return pos;
}
