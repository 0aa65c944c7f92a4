import { timingSafeEqual } from 'node:crypto';
import type { Principal } from '../../core/index.js';
import { type AccessPolicy, grantsOfScopes, type Identity } from '../access/policy.js';
import type { Grant } from '../access/rights.js';
import type { AuthOptions } from '../options.js';
import { digestOf } from './api-key.js';
import type { TokenSource } from './token-source.js';

interface KnownKey {
  readonly digest: Buffer;
  readonly principal: Principal;
  /** Of its scopes, which may change. */
  grants: readonly Grant[];
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

  /** Returns the principals whose keys no longer hold. A key of the same name and text keeps its principal, whose rights follow its scopes. */
  replace(keys: AuthOptions['keys']): readonly Principal[] {
    const before = new Map(this.#keys.map((known) => [known.principal.name, known]));
    this.#remembered.clear();
    this.#keys = keys.map(({ name, key, scopes }) => {
      const digest = digestOf(key);
      const grants = grantsOfScopes(scopes);
      const same = before.get(name);
      if (same === undefined || !same.digest.equals(digest)) return this.#know(name, digest, grants);
      same.grants = grants;
      before.delete(name);
      return same;
    });
    return [...before.values()].map(({ principal }) => principal);
  }

  #know(name: string, digest: Buffer, grants: readonly Grant[]): KnownKey {
    const identity: Identity = {
      kind: 'key',
      name,
      get grants() {
        return known.grants;
      },
    };
    const known: KnownKey = { digest, grants, principal: this.#policy.principalOf(identity) };
    return known;
  }

  #remember(token: string, principal: Principal): void {
    if (this.#remembered.size >= MAX_REMEMBERED) this.#remembered.clear();
    this.#remembered.set(token, principal);
  }
}
