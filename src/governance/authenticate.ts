import { createHash, timingSafeEqual } from 'node:crypto';
import { MillraceError, type Principal, SCOPES } from '../core/index.js';
import type { AuthOptions } from './options.js';

/** Tells who sends an `Authorization` header; throws `unauthenticated`. */
export type Authenticate = (authorization: string | undefined) => Principal;

/** Everybody, while no key is configured. */
export const ANONYMOUS: Principal = { name: 'anonymous', scopes: new Set(SCOPES) };

const BEARER = /^bearer +(\S+) *$/i;

/**
 * Static bearer keys (RFC 6750). Keys are compared by their SHA-256 in constant time, so neither their text nor a
 * prefix of it leaks through timing. Without any key everybody is {@link ANONYMOUS} with all scopes.
 */
export function createAuthenticator(options: AuthOptions): Authenticate {
  if (options.keys.length === 0) return () => ANONYMOUS;
  const keys = options.keys.map(({ name, key, scopes }) => ({
    digest: sha256(key),
    principal: { name, scopes: new Set(scopes) },
  }));
  return (authorization) => {
    if (authorization === undefined) {
      throw new MillraceError('unauthenticated', 'this server needs a key: send `Authorization: Bearer <key>`');
    }
    const token = BEARER.exec(authorization)?.[1];
    if (token === undefined) {
      throw new MillraceError('unauthenticated', 'the Authorization header must have the form `Bearer <key>`');
    }
    const digest = sha256(token);
    let found: Principal | undefined;
    for (const key of keys) if (timingSafeEqual(key.digest, digest)) found = key.principal;
    if (found === undefined) throw new MillraceError('unauthenticated', 'this key is not known');
    return found;
  };
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
