import { type KeyObject, sign, verify } from 'node:crypto';
import { canonicalJson } from '../chain/canonical-json.js';
import type { Head } from '../chain/link.js';

/** The head of a chain at a moment, signed: who has it knows whether anything up to there was changed or cut off later. */
export interface Checkpoint extends Head {
  /** ISO 8601. */
  readonly time: string;
  /** {@link fingerprintOf} the key. */
  readonly key: string;
}

/** The line, without its end: RFC 8785 of the checkpoint with `signature`, which is Ed25519 over the same without it, in base64url. */
export function signCheckpoint(checkpoint: Checkpoint, privateKey: KeyObject): string {
  const signature = sign(null, Buffer.from(canonicalJson(checkpoint)), privateKey).toString('base64url');
  return canonicalJson({ ...checkpoint, signature });
}

/** Reads a line; undefined where it is none, or not signed with the key. */
export function readCheckpoint(line: string, publicKey: KeyObject): Checkpoint | undefined {
  const read = parse(line);
  if (read === undefined) return undefined;
  const { signature, ...checkpoint } = read;
  const isSigned = verify(null, Buffer.from(canonicalJson(checkpoint)), publicKey, Buffer.from(signature, 'base64url'));
  return isSigned && canonicalJson(read) === line ? checkpoint : undefined;
}

type Signed = { readonly [Name in keyof Checkpoint]: Checkpoint[Name] } & { readonly signature: string };

function parse(line: string): Signed | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isSignedCheckpoint(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isSignedCheckpoint(value: unknown): value is Signed {
  if (typeof value !== 'object' || value === null) return false;
  const { chain, seq, hash, time, key, signature } = value as Partial<Record<keyof Signed, unknown>>;
  return Number.isSafeInteger(seq) && [chain, hash, time, key, signature].every((text) => typeof text === 'string');
}
