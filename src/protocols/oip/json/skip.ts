import { CLOSE_BRACE, CLOSE_BRACKET, COLON, OPEN_BRACE, OPEN_BRACKET, QUOTE } from './bytes.js';
import type { JsonCursor } from './cursor.js';
import { skipNumber } from './number.js';
import { skipString } from './string.js';

const MAX_DEPTH = 64;

/** Takes one value of any kind and checks that it is JSON, nested at most 64 deep; nothing is kept of it. */
export function skipValue(cursor: JsonCursor, depth = 0): void {
  if (depth > MAX_DEPTH) throw cursor.unexpected(`values nested at most ${MAX_DEPTH} deep`);
  const byte = cursor.peek();
  if (byte === QUOTE) {
    skipString(cursor);
  } else if (byte === OPEN_BRACE) {
    let more = cursor.enter(OPEN_BRACE, CLOSE_BRACE, 'an object');
    while (more) {
      skipString(cursor);
      cursor.expect(COLON, "':'");
      skipValue(cursor, depth + 1);
      more = cursor.next(CLOSE_BRACE);
    }
  } else if (byte === OPEN_BRACKET) {
    let more = cursor.enter(OPEN_BRACKET, CLOSE_BRACKET, 'an array');
    while (more) {
      skipValue(cursor, depth + 1);
      more = cursor.next(CLOSE_BRACKET);
    }
  } else if (!cursor.take('true') && !cursor.take('false') && !cursor.take('null')) {
    skipNumber(cursor, 'a value');
  }
}
