import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { type Clock, MillraceError, type Principal } from '../../../core/index.js';
import type { AccessPolicy } from '../../access/policy.js';
import type { TokenSource } from '../token-source.js';
import { decodeToken, looksLikeJwt } from './decode-token.js';
import type { Issuer, VerifiedToken } from './issuer.js';
import { InvalidToken, TokenRefusal } from './refusal.js';

/** Tokens that are remembered, by their hash. */
const MAX_REMEMBERED = 20_000;

interface RememberedToken extends VerifiedToken {
  readonly principal: Principal;
  /** It has been seen after its time: a clock that jumps back does not bring it back. */
  isOver: boolean;
}

export interface JwtSourceSetup {
  /** By the claim `iss` of their tokens. */
  readonly issuers: ReadonlyMap<string, Issuer>;
  readonly policy: AccessPolicy;
  readonly clock: Clock;
}

/**
 * Access tokens that are JWTs. The first time, a token's signature is checked; then it is known by its SHA-256 until it expires, or its
 * issuer no longer has the key. Refuses with {@link InvalidToken}, and with `unavailable` where the issuer cannot be asked.
 */
export class JwtSource implements TokenSource {
  readonly #setup: JwtSourceSetup;
  readonly #remembered = new LRUCache<string, RememberedToken>({ max: MAX_REMEMBERED });
  /** Those that are being checked: one that comes with many requests is checked once. */
  readonly #checking = new Map<string, Promise<Principal>>();

  constructor(setup: JwtSourceSetup) {
    this.#setup = setup;
  }

  takes(token: string): boolean {
    return looksLikeJwt(token);
  }

  principalOf(token: string): Principal | Promise<Principal> {
    const digest = hash('sha256', token, 'base64');
    const known = this.#remembered.get(digest);
    if (known !== undefined) {
      this.#checkTime(known);
      if (!known.key.isRetired && known.issuer.isFresh) return known.principal;
    }
    let checking = this.#checking.get(digest);
    if (checking === undefined) {
      checking = this.#check(token, digest).finally(() => this.#checking.delete(digest));
      this.#checking.set(digest, checking);
    }
    return checking;
  }

  #checkTime(token: RememberedToken): void {
    const now = this.#setup.clock.wallNow();
    if (now >= token.expiresAtMs) token.isOver = true;
    if (token.isOver) throw new InvalidToken(new TokenRefusal(`it expired at ${timeOf(token.expiresAtMs)}`));
    if (now < token.notBeforeMs) throw new InvalidToken(new TokenRefusal(`it holds from ${timeOf(token.notBeforeMs)}`));
  }

  async #check(token: string, digest: string): Promise<Principal> {
    try {
      const decoded = decodeToken(token);
      const { iss } = decoded.claims;
      const issuer = typeof iss === 'string' ? this.#setup.issuers.get(iss) : undefined;
      if (issuer === undefined) throw new TokenRefusal(`nobody knows its issuer ${JSON.stringify(iss)?.slice(0, 200)}`);
      const verified = await issuer.verify(token, decoded);
      if (verified.key.isRetired) throw new TokenRefusal('its key has been retired meanwhile');
      const { identity, expiresAtMs } = verified;
      const principal = this.#setup.policy.principalOf({ ...identity, endsAtMs: expiresAtMs });
      this.#remembered.set(digest, { ...verified, principal, isOver: false });
      return principal;
    } catch (error) {
      throw error instanceof MillraceError ? error : new InvalidToken(error as Error);
    }
  }
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}
