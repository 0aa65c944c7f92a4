import {
  createPublicKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  type KeyPairKeyObjectResult,
  sign as signBytes,
} from 'node:crypto';
import type { IssuerOptions } from '../../src/governance/identity/jwt/options.js';
import { JWT_ALGORITHMS } from '../../src/governance/identity/jwt/options.js';

let rsaKeys: KeyPairKeyObjectResult | undefined;

/** How keys are made; those of RSA take so long that there is one pair only. */
const KEYS_OF = {
  RS256: () => (rsaKeys ??= generateKeyPairSync('rsa', { modulusLength: 2_048 })),
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  EdDSA: () => generateKeyPairSync('ed25519'),
} as const;

export type SigningAlgorithm = keyof typeof KEYS_OF;

interface SigningKey {
  readonly privateKey: KeyObject;
  readonly alg: SigningAlgorithm;
  readonly jwk: JsonWebKey & { readonly kid: string };
}

export interface TokenParts {
  /** Over what a token usually has; undefined leaves it out. */
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
  /** Which key signs; default: the newest. */
  readonly kid?: string;
}

export const ISSUER_URL = 'https://login.example.com';
export const AUDIENCE = 'millrace';

/** An issuer of tokens with keys that come and go. It signs by Node's own cryptography, not by the library that is tested. */
export class TokenIssuer {
  readonly url: string;
  readonly #nowMs: () => number;
  #keys: readonly SigningKey[] = [];

  /** `nowMs`: what time tokens are made at. */
  constructor({ url = ISSUER_URL, nowMs = Date.now }: { readonly url?: string; readonly nowMs?: () => number } = {}) {
    this.url = url;
    this.#nowMs = nowMs;
  }

  addKey(kid: string, alg: SigningAlgorithm = 'ES256'): this {
    const { publicKey, privateKey } = KEYS_OF[alg]();
    const jwk = { ...publicKey.export({ format: 'jwk' }), kid, use: 'sig' };
    this.#keys = [...this.#keys, { privateKey, alg, jwk }];
    return this;
  }

  removeKey(kid: string): void {
    this.#keys = this.#keys.filter(({ jwk }) => jwk.kid !== kid);
  }

  get document(): Readonly<Record<string, unknown>> {
    return { issuer: this.url, jwks_uri: `${this.url}/jwks` };
  }

  get jwks(): { readonly keys: readonly JsonWebKey[] } {
    return { keys: this.#keys.map(({ jwk }) => jwk) };
  }

  /** The public key as PEM: what an attacker takes for the secret of an HMAC. */
  pemOf(kid: string): string {
    return this.#keyOf(kid).pem;
  }

  /** An access token for the audience `millrace` of `alice`, for five minutes. */
  token(parts: TokenParts = {}): string {
    const { privateKey, alg, kid } = this.#keyOf(parts.kid);
    const seconds = Math.floor(this.#nowMs() / 1_000);
    const claims = { iss: this.url, aud: AUDIENCE, sub: 'alice', iat: seconds, exp: seconds + 300, ...parts.claims };
    const signed = `${encode({ alg, kid, typ: 'at+jwt', ...parts.header })}.${encode(claims)}`;
    return `${signed}.${signatureOf(signed, privateKey)}`;
  }

  /** A token whose header and claims are this text. */
  tokenOf(header: string, claims: string, kid?: string): string {
    const signed = `${Buffer.from(header).toString('base64url')}.${Buffer.from(claims).toString('base64url')}`;
    return `${signed}.${signatureOf(signed, this.#keyOf(kid).privateKey)}`;
  }

  #keyOf(kid = this.#keys.at(-1)?.jwk.kid) {
    const key = this.#keys.find(({ jwk }) => jwk.kid === kid);
    if (key === undefined) throw new Error(`the issuer has no key '${kid}'`);
    const pem = createPublicPem(key.privateKey);
    return { ...key, kid: key.jwk.kid, pem };
  }
}

/** Options of an issuer as the settings give them. */
export function issuerOptions(overrides: Partial<IssuerOptions> = {}): IssuerOptions {
  return {
    issuer: ISSUER_URL,
    audience: AUDIENCE,
    groupsClaim: '',
    groupsPrefix: '',
    principalClaim: 'sub',
    algorithms: JWT_ALGORITHMS,
    tokens: 'access',
    clockSkewMs: 30_000,
    discoveryUrl: '',
    jwksUri: '',
    caFile: '',
    tokenFile: '',
    refreshMs: 300_000,
    maxStaleMs: 3_600_000,
    ...overrides,
  };
}

export function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function createPublicPem(privateKey: KeyObject): string {
  return createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString();
}

function signatureOf(text: string, privateKey: KeyObject): string {
  const algorithm = privateKey.asymmetricKeyType === 'ed25519' ? null : 'sha256';
  const key =
    privateKey.asymmetricKeyType === 'ec' ? { key: privateKey, dsaEncoding: 'ieee-p1363' as const } : privateKey;
  return signBytes(algorithm, Buffer.from(text), key).toString('base64url');
}
