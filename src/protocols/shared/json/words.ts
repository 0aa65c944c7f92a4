import { COLON, QUOTE } from './bytes.js';
import type { JsonCursor } from './cursor.js';
import { readString } from './string.js';

/** Strings that a reader knows (ASCII), and their bytes for comparing without making strings. */
export interface WordSet<Word extends string> {
  readonly words: readonly Word[];
  readonly encoded: readonly Uint8Array[];
}

export function wordSet<Word extends string>(...words: readonly Word[]): WordSet<Word> {
  return { words, encoded: words.map((word) => Buffer.from(word)) };
}

/** Takes a string, `expected` in errors; returns it if it is in `set`, else undefined. */
export function readWord<Word extends string>(
  cursor: JsonCursor,
  set: WordSet<Word>,
  expected = 'a string',
): Word | undefined {
  if (cursor.peek() !== QUOTE) throw cursor.unexpected(expected);
  const { words, encoded } = set;
  for (let index = 0; index < encoded.length; index++) {
    if (takeEncoded(cursor, encoded[index] as Uint8Array)) return words[index];
  }
  // What does not match as bytes may still do so once its escapes are resolved.
  const text = readString(cursor);
  return words.find((word) => word === text);
}

/** Takes a member's name and the colon behind it; returns the name if it is in `members`, else undefined. */
export function readMemberName<Name extends string>(cursor: JsonCursor, members: WordSet<Name>): Name | undefined {
  const name = readWord(cursor, members, 'a member name');
  cursor.expect(COLON, "':'");
  return name;
}

function takeEncoded(cursor: JsonCursor, encoded: Uint8Array): boolean {
  const { bytes, end } = cursor;
  const start = cursor.pos + 1;
  const quote = start + encoded.length;
  if (quote >= end || bytes[quote] !== QUOTE) return false;
  for (let index = 0; index < encoded.length; index++) {
    if (bytes[start + index] !== encoded[index]) return false;
  }
  cursor.pos = quote + 1;
  return true;
}
