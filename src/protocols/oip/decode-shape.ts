import { invalidArgument } from '../../core/index.js';
import { CLOSE_BRACKET, isDigit, OPEN_BRACKET, ZERO } from '../shared/json/bytes.js';
import type { JsonCursor } from '../shared/json/cursor.js';
import type { Named } from '../shared/json/elements.js';
import { MAX_DIMENSION, MAX_RANK } from '../shared/shape-limits.js';

/** Takes a `shape`: at most 32 dimensions, each from 0 to 2^31 - 1. */
export function readShape(cursor: JsonCursor, owner: Named): readonly number[] {
  const shape: number[] = [];
  let more = cursor.enter(OPEN_BRACKET, CLOSE_BRACKET, 'an array');
  while (more) {
    if (shape.length === MAX_RANK) {
      throw invalidArgument(`${owner.label}: shape has more than ${MAX_RANK} dimensions`);
    }
    shape.push(readDimension(cursor, owner, shape.length));
    more = cursor.next(CLOSE_BRACKET);
  }
  return shape;
}

function readDimension(cursor: JsonCursor, owner: Named, axis: number): number {
  const first = cursor.peek();
  const { bytes, pos: start } = cursor;
  let pos = start;
  let dimension = 0;
  while (first > ZERO && dimension <= MAX_DIMENSION && isDigit(bytes[pos] as number)) {
    dimension = dimension * 10 + (bytes[pos++] as number) - ZERO;
  }
  cursor.pos = first === ZERO ? start + 1 : pos;
  if (cursor.pos > start && dimension <= MAX_DIMENSION && !continuesNumber(bytes[cursor.pos] as number))
    return dimension;
  cursor.pos = start;
  throw invalidArgument(
    `${owner.label}: shape[${axis}]: expected an integer from 0 to ${MAX_DIMENSION}, got ${cursor.describe()}`,
  );
}

function continuesNumber(byte: number): boolean {
  return isDigit(byte) || byte === 0x2e || (byte | 0x20) === 0x65;
}
