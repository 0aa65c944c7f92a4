import { isUtf8 } from 'node:buffer';
import { excerpt, invalidArgument, MAX_EXCERPT_LENGTH, type MillraceError } from '../../../core/index.js';
import { CLOSE_BRACE, COMMA, isSpace, utf8ErrorOffset } from './bytes.js';

/**
 * A place in the UTF-8 text of a JSON document, which is `bytes` up to `end`.
 *
 * Loops over numbers and the white space between them may run without looking at `end`: the text's last byte other
 * than white space is either a brace, which no number contains, or is followed by a NUL that the cursor put there.
 */
export class JsonCursor {
  readonly bytes: Buffer;
  readonly end: number;
  pos: number;

  /** Throws `invalid_argument` when the text is not UTF-8. A byte order mark is skipped, as Triton does. */
  constructor(bytes: Uint8Array, end: number) {
    const text = end === bytes.length ? bytes : bytes.subarray(0, end);
    if (!isUtf8(text)) throw syntaxError(utf8ErrorOffset(text), 'UTF-8 text', 'a byte that is not');
    let last = end - 1;
    while (last >= 0 && isSpace(bytes[last] as number)) last--;
    this.bytes = bytes[last] === CLOSE_BRACE ? asBuffer(bytes) : Buffer.concat([text], end + 1);
    this.end = end;
    this.pos = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  }

  /** The next byte that is not white space, without taking it; -1 at the end. */
  peek(): number {
    let pos = this.pos;
    while (pos < this.end && isSpace(this.bytes[pos] as number)) pos++;
    this.pos = pos;
    return pos < this.end ? (this.bytes[pos] as number) : -1;
  }

  /** Whether the ASCII `word` stands at `at`. */
  startsWith(word: string, at = this.pos): boolean {
    if (at + word.length > this.end) return false;
    for (let index = 0; index < word.length; index++) {
      if (this.bytes[at + index] !== word.charCodeAt(index)) return false;
    }
    return true;
  }

  /** Takes `word`, and white space before it, if it comes next; false if something else does. */
  take(word: string): boolean {
    this.peek();
    if (!this.startsWith(word)) return false;
    this.pos += word.length;
    return true;
  }

  /** Takes the next byte other than white space, which must be `byte`. */
  expect(byte: number, expected: string): void {
    if (this.peek() !== byte) throw this.unexpected(expected);
    this.pos++;
  }

  /** Takes an opening bracket; true when an element or member follows, false when `close` did and was taken. */
  enter(open: number, close: number, expected: string): boolean {
    this.expect(open, expected);
    if (this.peek() !== close) return true;
    this.pos++;
    return false;
  }

  /** Behind an element or member: true after a comma, false after `close`. */
  next(close: number): boolean {
    const byte = this.peek();
    if (byte !== COMMA && byte !== close) {
      throw this.unexpected(`',' or '${String.fromCharCode(close)}'`);
    }
    this.pos++;
    return byte === COMMA;
  }

  /** The error that says what was expected at `at` and what is there. */
  unexpected(expected: string, at = this.pos, got = this.describe(at)): MillraceError {
    return syntaxError(at, expected, got);
  }

  /** What stands at `at`, in words for a message: the token itself where it is short. */
  describe(at = this.pos): string {
    if (at >= this.end) return 'the end of the JSON';
    const char = String.fromCharCode(this.bytes[at] as number);
    if (char === '"') return 'a string';
    if (char === '{') return 'an object';
    if (char === '[') return 'an array';
    const token = /^[-+.\w]+/.exec(this.bytes.toString('latin1', at, Math.min(at + MAX_EXCERPT_LENGTH + 1, this.end)));
    if (token !== null) return excerpt(token[0]);
    return char > ' ' && char < '\x7f' ? `'${char}'` : `byte 0x${char.charCodeAt(0).toString(16).padStart(2, '0')}`;
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function syntaxError(at: number, expected: string, got: string): MillraceError {
  return invalidArgument(`invalid JSON at byte ${at}: expected ${expected}, got ${got}`);
}
