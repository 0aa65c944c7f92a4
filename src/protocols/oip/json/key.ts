import { COLON, QUOTE } from './bytes.js';
import type { JsonCursor } from './cursor.js';
import { readString } from './string.js';

/** Member names that a reader knows, as text and as the bytes that are compared. */
export interface KeySet<Name extends string> {
  readonly names: readonly Name[];
  readonly encoded: readonly Uint8Array[];
}

/** A set of ASCII member names. */
export function keySet<Name extends string>(...names: readonly Name[]): KeySet<Name> {
  return { names, encoded: names.map((name) => Buffer.from(name)) };
}

/** Takes a member's name and the colon behind it; returns the name, or undefined when it is none of `keys`. */
export function readKey<Name extends string>(cursor: JsonCursor, keys: KeySet<Name>): Name | undefined {
  if (cursor.peek() !== QUOTE) throw cursor.unexpected('a member name');
  const { names, encoded } = keys;
  let key = 0;
  while (key < encoded.length && !takeKey(cursor, encoded[key] as Uint8Array)) key++;
  if (key === encoded.length) {
    // What does not match as bytes may still do so once its escapes are resolved.
    const name = readString(cursor);
    key = (names as readonly string[]).indexOf(name);
  }
  cursor.expect(COLON, "':'");
  return names[key];
}

function takeKey(cursor: JsonCursor, encoded: Uint8Array): boolean {
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
