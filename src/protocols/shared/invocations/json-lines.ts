import { invalidArgument } from '../../../core/index.js';
import { isSpace } from '../json/bytes.js';
import { JsonCursor } from '../json/cursor.js';
import { skipValue } from '../json/skip.js';

const NEWLINE = 0x0a;
const OPEN = Buffer.from('[');
const COMMA = Buffer.from(',');
const CLOSE = Buffer.from(']');

/** A value on each line (JSON Lines), empty lines aside, as one list of them. Throws `invalid_argument` with the line. */
export function listOfLines(body: Uint8Array): Uint8Array {
  const pieces: Uint8Array[] = [OPEN];
  let line = 0;
  for (let start = 0; start < body.length; ) {
    const found = body.indexOf(NEWLINE, start);
    const end = found < 0 ? body.length : found;
    const text = body.subarray(start, end);
    line++;
    start = end + 1;
    if (isBlank(text)) continue;
    checkValue(text, line);
    if (pieces.length > 1) pieces.push(COMMA);
    pieces.push(text);
  }
  pieces.push(CLOSE);
  return Buffer.concat(pieces);
}

function isBlank(text: Uint8Array): boolean {
  return text.every(isSpace);
}

/** One value, and nothing behind it. */
function checkValue(text: Uint8Array, line: number): void {
  try {
    const cursor = new JsonCursor(text, text.length);
    skipValue(cursor);
    if (cursor.peek() !== -1) throw cursor.unexpected('the end of the line');
  } catch (error) {
    throw invalidArgument(`line ${line}: ${(error as Error).message}`, { cause: error });
  }
}
