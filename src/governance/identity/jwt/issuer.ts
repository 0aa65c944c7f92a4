import type { JWK, JWTVerifyOptions, JWTVerifyResult } from 'jose';
import type { Clock } from '../../../core/index.js';
import type { Identity } from '../../access/policy.js';
import { whyNoAccessToken } from './access-token.js';
import { groupsOf, subjectOf } from './claims.js';
import type { DecodedToken } from './decode-token.js';
import type { IssuerKeys } from './issuer-keys.js';
import { nameOfIssuer } from './issuer-url.js';
import type { VerificationKey } from './key-set.js';
import type { IssuerOptions } from './options.js';
import { TokenRefusal } from './refusal.js';

/** What has been found out about a token. */
export interface VerifiedToken {
  readonly identity: Identity;
  /** From when and until when it holds, in milliseconds since the epoch, with what clocks may differ. */
  readonly notBeforeMs: number;
  readonly expiresAtMs: number;
  readonly key: VerificationKey;
  readonly issuer: Issuer;
}

export interface IssuerSetup {
  readonly clock: Clock;
  readonly keys: IssuerKeys;
  /** `jwtVerify` of jose. */
  readonly verify: (token: string, key: JWK, options: JWTVerifyOptions) => Promise<JWTVerifyResult>;
}

/** Checks the tokens of one issuer. */
export class Issuer {
  readonly #options: IssuerOptions;
  readonly #setup: IssuerSetup;
  readonly #name: string;
  readonly #algorithms: ReadonlySet<unknown>;

  constructor(options: IssuerOptions, setup: IssuerSetup) {
    this.#options = options;
    this.#setup = setup;
    this.#name = nameOfIssuer(options);
    this.#algorithms = new Set(options.algorithms);
  }

  /** It has been reached not too long ago to say which of its keys hold. */
  get isFresh(): boolean {
    return this.#setup.keys.isFresh;
  }

  /** Rejects with {@link TokenRefusal}, an error of `jose`, or `unavailable`. What needs no signature is looked at before. */
  async verify(token: string, decoded: DecodedToken): Promise<VerifiedToken> {
    const { alg, kid } = decoded.header;
    const { audience, clockSkewMs, principalClaim, issuer } = this.#options;
    if (typeof alg !== 'string' || !this.#algorithms.has(alg)) {
      throw new TokenRefusal(`its signature is of the algorithm '${String(alg).slice(0, 64)}', which is not accepted`);
    }
    if (kid !== undefined && typeof kid !== 'string') throw new TokenRefusal('its kid is no text');
    const problem = whyNoAccessToken(decoded, this.#options);
    if (problem !== undefined) throw new TokenRefusal(problem);
    const key = await this.#setup.keys.find({ kid, alg });
    if (key === undefined) throw new TokenRefusal(describeMissing(this.#name, kid, alg));
    const { payload } = await this.#setup.verify(token, key.jwk, {
      issuer,
      audience,
      algorithms: [alg],
      clockTolerance: clockSkewMs / 1_000,
      currentDate: new Date(this.#setup.clock.wallNow()),
      requiredClaims: ['exp'],
    });
    const subject = subjectOf(payload, principalClaim);
    return {
      identity: { kind: 'oidc', name: `oidc:${this.#name}/${subject}`, groups: groupsOf(payload, this.#options) },
      notBeforeMs: (payload.nbf ?? 0) * 1_000 - clockSkewMs,
      // There is one: it is required.
      expiresAtMs: (payload.exp ?? 0) * 1_000 + clockSkewMs,
      key,
      issuer: this,
    };
  }
}

function describeMissing(issuer: string, kid: string | undefined, alg: string): string {
  if (kid === undefined) return `it has no kid, and issuer '${issuer}' has not exactly one key for ${alg}`;
  return `issuer '${issuer}' has no key ${JSON.stringify(kid.slice(0, 64))} for ${alg}`;
}
