import { createHmac, createSecretKey, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { invalidArgument, messageOf } from '../core/index.js';

const KEY_BYTES = 32;
/** Callers whose pseudonyms are remembered. */
const MAX_REMEMBERED = 4_096;

/** Pseudonyms of callers, by a key that is made where there is none. Throws `invalid_argument` where that cannot be. */
export function openPseudonyms(file: string): (principalId: string) => string {
  const key = createSecretKey(readKey(file));
  const remembered = new Map<string, string>();
  return (principalId) => {
    const known = remembered.get(principalId);
    if (known !== undefined) return known;
    const pseudonym = createHmac('sha256', key).update(principalId).digest('base64url');
    if (remembered.size >= MAX_REMEMBERED) remembered.clear();
    remembered.set(principalId, pseudonym);
    return pseudonym;
  };
}

function readKey(file: string): Buffer {
  try {
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    try {
      writeFileSync(file, randomBytes(KEY_BYTES), { flag: 'wx', mode: 0o600 });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const key = readFileSync(file);
    if (key.length >= KEY_BYTES) return key;
    throw new Error(`expected at least ${KEY_BYTES} bytes, got ${key.length}`);
  } catch (error) {
    throw invalidArgument(`the key of the payload log '${file}' cannot be used: ${messageOf(error)}`);
  }
}
