import { timingSafeEqual } from 'node:crypto';
import type { Principal } from '../../core/index.js';
import { type AccessPolicy, grantsOfScopes } from '../access/policy.js';
import type { AuthOptions } from '../options.js';
import { digestOf } from './api-key.js';
import type { TokenSource } from './token-source.js';

interface KnownKey {
  readonly digest: Buffer;
  readonly principal: Principal;
}

/** Keys that were checked, so that those in use are hashed once. */
const MAX_REMEMBERED = 1_000;

/**
 * Keys of the configuration. They are compared by their SHA-256 in constant time, so neither their text nor a prefix of it leaks through
 * timing.
 */
export class StaticKeys implements TokenSource {
  readonly #policy: AccessPolicy;
  readonly #remembered = new Map<string, Principal>();
  #keys: readonly KnownKey[] = [];

  constructor(keys: AuthOptions['keys'], policy: AccessPolicy) {
    this.#policy = policy;
    this.replace(keys);
  }

  takes(): boolean {
    return true;
  }

  principalOf(token: string): Principal | undefined {
    const known = this.#remembered.get(token);
    if (known !== undefined) return known;
    const digest = digestOf(token);
    let found: Principal | undefined;
    for (const key of this.#keys) if (timingSafeEqual(key.digest, digest)) found = key.principal;
    if (found !== undefined) this.#remember(token, found);
    return found;
  }

  named(name: string): Principal | undefined {
    return this.#keys.find(({ principal }) => principal.name === name)?.principal;
  }

  /** Gives the principals whose keys hold no more. */
  replace(keys: AuthOptions['keys']): readonly Principal[] {
    const before = this.#keys;
    this.#remembered.clear();
    this.#keys = keys.map(({ name, key, scopes }) => {
      const digest = digestOf(key);
      const same = before.find((old) => old.principal.name === name && old.digest.equals(digest));
      // Names and scopes are read at the start only.
      return (
        same ?? { digest, principal: this.#policy.principalOf({ kind: 'key', name, grants: grantsOfScopes(scopes) }) }
      );
    });
    return before.filter((old) => !this.#keys.includes(old)).map(({ principal }) => principal);
  }

  #remember(token: string, principal: Principal): void {
    if (this.#remembered.size >= MAX_REMEMBERED) this.#remembered.clear();
    this.#remembered.set(token, principal);
  }
}
