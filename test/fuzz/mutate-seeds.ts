import type { Random } from '../support/random.js';
import { type Json, mutateJson, writeJson } from './json.js';
import { mutateBytes } from './mutate.js';

/** A valid request to a path: of JSON, or of bytes as they are. */
export interface Seed {
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: Json | Uint8Array;
}

/** What is sent, mostly with something wrong in it: other values, names and orders, or damage to the bytes. */
export function bodyOf({ body }: Seed, random: Random): Uint8Array<ArrayBuffer> {
  if (body instanceof Uint8Array) return damaged(body, random);
  let json = body;
  for (let times = random.integer(0, 3); times > 0; times--) json = mutateJson(json, random);
  const bytes = Buffer.from(writeJson(json));
  return random.chance(0.2) ? damaged(bytes, random) : new Uint8Array(bytes);
}

/** A header or two of the seed may be missing or wrong. */
export function headersOf({ headers = {} }: Seed, random: Random): Record<string, string> {
  const changed: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (random.chance(0.1)) continue;
    changed[name] = random.chance(0.1) ? value.slice(random.integer(0, value.length)).trim() : value;
  }
  return changed;
}

function damaged(bytes: Uint8Array, random: Random): Uint8Array<ArrayBuffer> {
  return new Uint8Array(random.chance(0.8) ? mutateBytes(bytes, random) : bytes);
}
