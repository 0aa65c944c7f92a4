import { BACKSLASH, CLOSE_BRACE, CLOSE_BRACKET, COLON, OPEN_BRACE, OPEN_BRACKET, QUOTE } from './bytes.js';
import type { JsonCursor } from './cursor.js';
import { skipNumber } from './number.js';
import { skipString } from './string.js';

const MAX_DEPTH = 64;
const LOWER_F = 0x66;
const LOWER_N = 0x6e;
const LOWER_T = 0x74;

/** Takes one value of any kind and checks that it is JSON, nested at most 64 deep; nothing is kept of it. */
export function skipValue(cursor: JsonCursor, depth = 0): void {
  if (depth > MAX_DEPTH) throw cursor.unexpected(`values nested at most ${MAX_DEPTH} deep`);
  switch (cursor.peek()) {
    case QUOTE:
      skipString(cursor);
      return;
    case OPEN_BRACE:
      skipMembers(cursor, depth);
      return;
    case OPEN_BRACKET:
      skipElements(cursor, depth);
      return;
    case LOWER_T:
      skipLiteral(cursor, 'true');
      return;
    case LOWER_F:
      skipLiteral(cursor, 'false');
      return;
    case LOWER_N:
      skipLiteral(cursor, 'null');
      return;
    default:
      skipNumber(cursor, 'a value');
  }
}

/** Takes an array of strings, numbers and arrays by its brackets alone: for one that is going to be read later. */
export function skipUnchecked(cursor: JsonCursor): void {
  if (cursor.peek() !== OPEN_BRACKET) {
    skipValue(cursor);
    return;
  }
  const { bytes, end } = cursor;
  let depth = 0;
  let quoted = false;
  for (let pos = cursor.pos; pos < end; pos++) {
    const byte = bytes[pos];
    if (byte === QUOTE) quoted = !quoted;
    else if (quoted) {
      if (byte === BACKSLASH) pos++;
    } else if (byte === OPEN_BRACKET) depth++;
    else if (byte === CLOSE_BRACKET && --depth === 0) {
      cursor.pos = pos + 1;
      return;
    }
  }
  throw cursor.unexpected("']' at the end of the array", end);
}

function skipMembers(cursor: JsonCursor, depth: number): void {
  let more = cursor.enter(OPEN_BRACE, CLOSE_BRACE, 'an object');
  while (more) {
    skipString(cursor);
    cursor.expect(COLON, "':'");
    skipValue(cursor, depth + 1);
    more = cursor.next(CLOSE_BRACE);
  }
}

function skipElements(cursor: JsonCursor, depth: number): void {
  let more = cursor.enter(OPEN_BRACKET, CLOSE_BRACKET, 'an array');
  while (more) {
    skipValue(cursor, depth + 1);
    more = cursor.next(CLOSE_BRACKET);
  }
}

function skipLiteral(cursor: JsonCursor, literal: string): void {
  if (!cursor.take(literal)) throw cursor.unexpected('a value');
}
