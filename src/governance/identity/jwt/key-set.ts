import { createHash } from 'node:crypto';
import type { JWK } from 'jose';
import type { JsonObject } from './decode-token.js';

/** A public key of an issuer. */
export interface VerificationKey {
  /** '' = it has none. */
  readonly id: string;
  readonly jwk: JWK;
  /** The issuer no longer has it: what it has signed is refused. */
  isRetired: boolean;
}

const MAX_KEYS = 1_000;

/** Members of public keys that count; what else there is, parts of private keys above all, is left behind. */
const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  RSA: ['kty', 'n', 'e'],
  EC: ['kty', 'crv', 'x', 'y'],
  OKP: ['kty', 'crv', 'x'],
};
const CURVE_OF: Readonly<Record<string, string>> = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521', EdDSA: 'Ed25519' };

/** The keys of an issuer at one time (JWK Set, RFC 7517). */
export class KeySet {
  readonly keys: readonly VerificationKey[];

  /** Keys that are in `before` too are the same objects. What no signature can be checked with is left out. Throws where it is no key set. */
  constructor(document: unknown, before?: KeySet) {
    const entries = isObject(document) ? document.keys : undefined;
    if (!Array.isArray(entries)) throw new Error('it has no list of keys');
    if (entries.length > MAX_KEYS) throw new Error(`it has ${entries.length} keys; expected at most ${MAX_KEYS}`);
    const known = new Map(before?.keys.map((key) => [fingerprint(key), key]));
    const keys = entries
      .flatMap((entry: unknown) => readKey(entry) ?? [])
      .map((key) => [fingerprint(key), key] as const);
    this.keys = [...new Map(keys)].map(([print, key]) => known.get(print) ?? key);
  }

  /** The key that a token's header means. Without `kid` only a key is meant that is the only one for the algorithm. */
  find({ kid, alg }: { readonly kid: string | undefined; readonly alg: string }): VerificationKey | undefined {
    const fitting = this.keys.filter((key) => fits(key.jwk, alg) && (kid === undefined || key.id === kid));
    return fitting.length === 1 ? fitting[0] : undefined;
  }

  /** Retires those keys that the next set does not have. Gives how many. */
  retireAllBut(next: KeySet): number {
    const kept = new Set(next.keys);
    const gone = this.keys.filter((key) => !kept.has(key));
    for (const key of gone) key.isRetired = true;
    return gone.length;
  }
}

function readKey(entry: unknown): VerificationKey | undefined {
  if (!isObject(entry) || typeof entry.kty !== 'string') return undefined;
  const members = Object.hasOwn(MEMBERS, entry.kty) ? MEMBERS[entry.kty] : undefined;
  if (members === undefined || !members.every((name) => typeof entry[name] === 'string')) return undefined;
  if (entry.use !== undefined && entry.use !== 'sig') return undefined;
  if (Array.isArray(entry.key_ops) && !entry.key_ops.includes('verify')) return undefined;
  const { kid, alg } = entry;
  const jwk: JWK = Object.fromEntries(members.map((name) => [name, entry[name]]));
  if (typeof alg === 'string') jwk.alg = alg;
  return { id: typeof kid === 'string' ? kid : '', jwk, isRetired: false };
}

function fits({ kty, crv, alg }: JWK, wanted: string): boolean {
  if (alg !== undefined && alg !== wanted) return false;
  if (kty === 'RSA') return wanted.startsWith('RS') || wanted.startsWith('PS');
  return crv === CURVE_OF[wanted] && (kty === 'OKP') === (wanted === 'EdDSA');
}

function fingerprint({ id, jwk }: VerificationKey): string {
  return createHash('sha256')
    .update(JSON.stringify([id, jwk]))
    .digest('base64');
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
