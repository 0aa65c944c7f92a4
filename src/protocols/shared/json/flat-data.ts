import { type Datatype, invalidArgument } from '../../../core/index.js';
import { CLOSE_BRACKET, OPEN_BRACKET } from './bytes.js';
import type { JsonCursor } from './cursor.js';
import type { Named } from './elements.js';
import { skipValue } from './skip.js';
import { readTensorData } from './tensor-data.js';

/** What a tensor is to be read as. */
interface Target {
  readonly datatype: Datatype;
  readonly tensor: Named;
}

/** Takes a single value or one flat array of values; gives the raw encoding and how many they are. */
export function readFlatData(
  cursor: JsonCursor,
  target: Target,
): { readonly data: Uint8Array; readonly count: number } {
  if (cursor.peek() !== OPEN_BRACKET) return { data: readSingle(cursor, target), count: 1 };
  const start = cursor.pos;
  const count = countElements(cursor, target);
  cursor.pos = start;
  return { data: read(cursor, target, count), count };
}

function countElements(cursor: JsonCursor, { tensor }: Target): number {
  let count = 0;
  let more = cursor.enter(OPEN_BRACKET, CLOSE_BRACKET, 'an array');
  while (more) {
    if (cursor.peek() === OPEN_BRACKET) {
      throw invalidArgument(`${tensor.label}: expected a value or a flat array, got a nested one`);
    }
    skipValue(cursor);
    count++;
    more = cursor.next(CLOSE_BRACKET);
  }
  return count;
}

/**
 * A value is read as an array of one: for that long brackets take the places of the bytes beside it, a colon or a space
 * before it and something at least behind it. So what errors say of the place is true.
 */
function readSingle(cursor: JsonCursor, target: Target): Uint8Array {
  const { bytes } = cursor;
  const start = cursor.pos - 1;
  skipValue(cursor);
  const end = cursor.pos;
  if (end === cursor.end) throw cursor.unexpected("',' or '}'");
  const before = bytes[start] as number;
  const behind = bytes[end] as number;
  bytes[start] = OPEN_BRACKET;
  bytes[end] = CLOSE_BRACKET;
  cursor.pos = start;
  try {
    return read(cursor, target, 1);
  } finally {
    bytes[start] = before;
    bytes[end] = behind;
    cursor.pos = end;
  }
}

function read(cursor: JsonCursor, target: Target, count: number): Uint8Array {
  return readTensorData(cursor, { ...target, shape: [count], count });
}
