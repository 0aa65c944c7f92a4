import { createHmac, randomBytes, randomFillSync, timingSafeEqual } from 'node:crypto';

/** Names the server in the ids of its jobs, and marks them as its own. */
export interface ServerMark {
  /** Eight characters of `a`–`z` and `2`–`7`. */
  readonly id: string;
  /** 32 bytes in hexadecimal: signs ids. */
  readonly secret: string;
}

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';
const TIME_BYTES = 6;
const RANDOM_BYTES = 8;
const MARK_BYTES = 6;
const ID_BYTES = TIME_BYTES + RANDOM_BYTES + MARK_BYTES;
const PATTERN = /^([a-z2-7]{8})-([a-z2-7]{32})$/;

export function newServerMark(): ServerMark {
  return { id: toBase32(randomBytes(5)), secret: randomBytes(32).toString('hex') };
}

/** An id that cannot be guessed: server, time, 64 random bits, and a mark by which the server knows its ids once their jobs are gone. */
export function newJobId({ id, secret }: ServerMark, nowMs: number): string {
  const bytes = Buffer.alloc(ID_BYTES);
  bytes.writeUIntBE(nowMs, 0, TIME_BYTES);
  takeRandom().copy(bytes, TIME_BYTES);
  markOf(bytes, secret).copy(bytes, TIME_BYTES + RANDOM_BYTES);
  return `${id}-${toBase32(bytes)}`;
}

/** `own`: this server has made it. `elsewhere`: it has the form of an id of another server. */
export function readJobId(text: string, { id, secret }: ServerMark): 'own' | 'elsewhere' | 'invalid' {
  const [, server, rest] = PATTERN.exec(text) ?? [];
  if (server === undefined || rest === undefined) return 'invalid';
  if (server !== id) return 'elsewhere';
  const bytes = fromBase32(rest);
  const isMarked = timingSafeEqual(bytes.subarray(TIME_BYTES + RANDOM_BYTES), markOf(bytes, secret));
  return isMarked ? 'own' : 'invalid';
}

const pool = Buffer.alloc(512 * RANDOM_BYTES);
let taken = pool.byteLength;

/** The next bytes of a pool: to ask the system for each id costs as much as the rest of it. */
function takeRandom(): Buffer {
  if (taken === pool.byteLength) {
    randomFillSync(pool);
    taken = 0;
  }
  taken += RANDOM_BYTES;
  return pool.subarray(taken - RANDOM_BYTES, taken);
}

function markOf(bytes: Buffer, secret: string): Buffer {
  const signed = bytes.subarray(0, TIME_BYTES + RANDOM_BYTES);
  return createHmac('sha256', Buffer.from(secret, 'hex')).update(signed).digest().subarray(0, MARK_BYTES);
}

function toBase32(bytes: Buffer): string {
  let text = '';
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = (value << 8) | byte;
    bits += 8;
    for (; bits >= 5; bits -= 5) text += ALPHABET[(value >> (bits - 5)) & 31];
    value &= (1 << bits) - 1;
  }
  return text;
}

/** Of as many characters as make whole bytes. */
function fromBase32(text: string): Buffer {
  const bytes: number[] = [];
  let bits = 0;
  let value = 0;
  for (const character of text) {
    value = (value << 5) | ALPHABET.indexOf(character);
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push(value >> bits);
    value &= (1 << bits) - 1;
  }
  return Buffer.from(bytes);
}
