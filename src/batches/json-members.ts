import type { Turns } from '../core/index.js';

/** Searched in one turn of the event loop. */
const SLICE_BYTES = 1_048_576;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;

/** The text is no JSON object, as far as this looks at it. */
export class NoObject extends Error {}

/**
 * Where the members of a JSON object are: the bytes of each value by its name; of several with a name, the last one. It looks at the members' names
 * and at brackets and strings, and not at what is inside of values. Rejects with {@link NoObject}.
 */
export async function membersOf(json: Uint8Array, turns: Turns): Promise<ReadonlyMap<string, Uint8Array>> {
  const members = new Map<string, Uint8Array>();
  let at = skipSpace(json, 0);
  if (json[at] !== OPEN_OBJECT) throw new NoObject();
  at = skipSpace(json, at + 1);
  for (let isFirst = true; json[at] !== CLOSE_OBJECT || !isFirst; isFirst = false) {
    if (json[at] !== QUOTE) throw new NoObject();
    const nameEnd = stringEnd(json, at);
    const name = textOf(json.subarray(at, nameEnd));
    at = skipSpace(json, nameEnd);
    if (json[at] !== COLON) throw new NoObject();
    at = skipSpace(json, at + 1);
    const end = await valueEnd(json, at, turns);
    members.set(name, json.subarray(at, end));
    at = skipSpace(json, end);
    if (json[at] === CLOSE_OBJECT) break;
    if (json[at] !== COMMA) throw new NoObject();
    at = skipSpace(json, at + 1);
  }
  if (skipSpace(json, at + 1) < json.byteLength) throw new NoObject();
  return members;
}

/** A JSON string as text. Throws {@link NoObject} where it is none. */
export function textOf(json: Uint8Array): string {
  try {
    const value: unknown = JSON.parse(Buffer.from(json.buffer, json.byteOffset, json.byteLength).toString());
    if (typeof value === 'string') return value;
  } catch {
    // Its escapes are broken.
  }
  throw new NoObject();
}

async function valueEnd(json: Uint8Array, from: number, turns: Turns): Promise<number> {
  const first = json[from];
  if (first === QUOTE) return stringEnd(json, from);
  if (first !== OPEN_OBJECT && first !== OPEN_LIST) return scalarEnd(json, from);
  let pauseAt = from + SLICE_BYTES;
  let depth = 0;
  for (let at = from; at < json.byteLength; at++) {
    const byte = json[at];
    if (byte === QUOTE) at = stringEnd(json, at) - 1;
    else if (byte === OPEN_OBJECT || byte === OPEN_LIST) depth++;
    else if ((byte === CLOSE_OBJECT || byte === CLOSE_LIST) && --depth === 0) return at + 1;
    if (at < pauseAt) continue;
    await turns.next();
    pauseAt = at + SLICE_BYTES;
  }
  throw new NoObject();
}

function scalarEnd(json: Uint8Array, from: number): number {
  let at = from;
  while (at < json.byteLength && json[at] !== COMMA && json[at] !== CLOSE_OBJECT && !isSpace(json[at])) at++;
  if (at === from) throw new NoObject();
  return at;
}

/** Behind the closing quote. */
function stringEnd(json: Uint8Array, from: number): number {
  for (let at = json.indexOf(QUOTE, from + 1); at !== -1; at = json.indexOf(QUOTE, at + 1)) {
    let escapes = 0;
    while (json[at - 1 - escapes] === BACKSLASH) escapes++;
    if (escapes % 2 === 0) return at + 1;
  }
  throw new NoObject();
}

function skipSpace(json: Uint8Array, from: number): number {
  let at = from;
  while (isSpace(json[at])) at++;
  return at;
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;
}
