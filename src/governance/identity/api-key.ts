import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { MillraceError } from '../../core/index.js';

/** What an API key of the store is made of: `mr_<id>_<secret><checksum>`. */
export interface NewApiKey {
  /** Of the key; in lists and logs. */
  readonly id: string;
  /** The key itself: nobody can find it out again. */
  readonly key: string;
  /** SHA-256 of the key, in hexadecimal. */
  readonly digest: string;
}

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const ID_LENGTH = 12;
/** 62^43 is more than 2^256. */
const SECRET_LENGTH = 43;
const CHECKSUM_LENGTH = 6;
const SHAPE = /^mr_([0-9A-Za-z]{12})_[0-9A-Za-z]{43}([0-9A-Za-z]{6})$/;
/** The largest multiple of 62 that a byte can hold: bytes beyond would make some characters more frequent. */
const FAIR_BELOW = 248;

/** A new key, of the same id as one that it replaces. */
export function createApiKey(id = randomText(ID_LENGTH)): NewApiKey {
  const named = `mr_${id}_${randomText(SECRET_LENGTH)}`;
  const key = named + checksumOf(named);
  return { id, key, digest: digestOf(key).toString('hex') };
}

/** Whether a text looks like an API key, right or wrong. */
export function isApiKey(text: string): boolean {
  return text.startsWith('mr_');
}

/** The id that a key has in it; undefined where it is none, or was mistyped. */
export function idOfApiKey(key: string): string | undefined {
  const [, id, checksum] = SHAPE.exec(key) ?? [];
  return checksum === checksumOf(key.slice(0, -CHECKSUM_LENGTH)) ? id : undefined;
}

export function digestOf(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

/** CRC-32, as scanners for leaked keys check it before they report one. */
function checksumOf(text: string): string {
  let rest = crc32(text);
  let digits = '';
  for (let length = 0; length < CHECKSUM_LENGTH; length++) {
    digits = ALPHABET.charAt(rest % ALPHABET.length) + digits;
    rest = Math.floor(rest / ALPHABET.length);
  }
  return digits;
}

function randomText(length: number): string {
  let text = '';
  while (text.length < length) {
    for (const byte of randomBytes(length)) {
      if (byte < FAIR_BELOW && text.length < length) text += ALPHABET.charAt(byte % ALPHABET.length);
    }
  }
  return text;
}

/** The error for every refused key, for any cause; `reason` is for the log alone. */
export function unknownKey(reason?: string): MillraceError {
  return new MillraceError('unauthenticated', 'this key is not known', reason === undefined ? {} : { cause: reason });
}

const MAX_LENGTH = 128;

/** The problem with a key's name, as a part of a sentence; undefined = none. */
export function keyNameProblem(name: string): string | undefined {
  if (name === 'anonymous') return "'anonymous' is the name of those who have no key";
  if (name.length > MAX_LENGTH) return `expected at most ${MAX_LENGTH} characters, got ${name.length}`;
  if (/^[^\s:\p{C}]+$/u.test(name)) return undefined;
  return `expected a name without ':', blanks and control characters, got '${name.slice(0, 80)}'`;
}
