import { createHash, timingSafeEqual } from 'node:crypto';
import type { Principal } from '../../core/index.js';
import { type AccessPolicy, grantsOfScopes } from '../access/policy.js';
import type { AuthOptions } from '../options.js';
import type { TokenSource } from './token-source.js';

interface KnownKey {
  readonly digest: Buffer;
  readonly principal: Principal;
}

/**
 * Keys of the configuration. They are compared by their SHA-256 in constant time, so neither their text nor a prefix of it leaks through
 * timing.
 */
export class StaticKeys implements TokenSource {
  readonly #policy: AccessPolicy;
  #keys: readonly KnownKey[] = [];

  constructor(keys: AuthOptions['keys'], policy: AccessPolicy) {
    this.#policy = policy;
    this.replace(keys);
  }

  takes(): boolean {
    return true;
  }

  principalOf(token: string): Principal | undefined {
    const digest = sha256(token);
    let found: Principal | undefined;
    for (const key of this.#keys) if (timingSafeEqual(key.digest, digest)) found = key.principal;
    return found;
  }

  named(name: string): Principal | undefined {
    return this.#keys.find(({ principal }) => principal.name === name)?.principal;
  }

  replace(keys: AuthOptions['keys']): void {
    this.#keys = keys.map(({ name, key, scopes }) => ({
      digest: sha256(key),
      principal: this.#policy.principalOf({ kind: 'key', name, grants: grantsOfScopes(scopes) }),
    }));
  }
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
