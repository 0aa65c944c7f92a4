import { createHash, timingSafeEqual } from 'node:crypto';
import { type Clock, MillraceError, type Principal, SCOPES } from '../core/index.js';
import { FailedKeys } from './failed-keys.js';
import type { AuthOptions } from './options.js';

/** Where a request came from. */
export interface Peer {
  /** IP address; '' for a Unix socket. */
  readonly address: string;
  /** Sent on this machine, by loopback or a Unix socket, and handed on by no proxy that says so. */
  isLocal(): boolean;
}

/**
 * Tells who sends an `Authorization` header: at once, or later where somebody else has to be asked. Throws or rejects with
 * `unauthenticated`.
 */
export type Authenticate = (authorization: string | undefined, peer: Peer) => Principal | Promise<Principal>;

/**
 * Tells who has signed a request: `signer` becomes the name of the key in whose place it is signed. Rejects with `unauthenticated`
 * where it rejects so, or where there is no such key any more. Where no key is configured, the name does not count.
 */
export type AuthenticateSigner = (signer: Promise<string>, peer: Peer) => Promise<Principal>;

/** Everybody, while no key is configured. */
export const ANONYMOUS: Principal = { name: 'anonymous', scopes: new Set(['infer', 'observe']) };

/** Who is on this machine and may control the models, while no key is configured. */
export const LOCAL_OPERATOR: Principal = { name: 'anonymous', scopes: new Set(SCOPES) };

export interface AuthenticatorSetup {
  /** Models are controlled over the network at all: without keys by who is on this machine. */
  readonly explicitControl: boolean;
  readonly clock: Clock;
}

const BEARER = /^bearer +(\S+) *$/i;

/** Tells callers apart, by keys that may change. */
export interface Authenticator {
  readonly authenticate: (...given: Parameters<Authenticate>) => Principal;
  readonly authenticateSigner: AuthenticateSigner;
  /** From now on these keys hold, and no others. There must have been some before. */
  replaceKeys(keys: AuthOptions['keys']): void;
}

interface KnownKey {
  readonly digest: Buffer;
  readonly principal: Principal;
  /** From where it has been sent lately. */
  readonly addresses: Set<string>;
}

/** Addresses remembered of a key. */
const MAX_ADDRESSES = 1_000;

/**
 * Static bearer keys (RFC 6750). Keys are compared by their SHA-256 in constant time, so neither their text nor a
 * prefix of it leaks through timing. From an address with too many unknown keys only those are taken that have come from there
 * before: nobody behind a proxy is locked out by others. Without any key everybody is {@link ANONYMOUS}; those on other machines
 * only with `allowAnonymous`, and those on this one are {@link LOCAL_OPERATOR} where models are controlled over the network.
 */
export function createAuthenticator(options: AuthOptions, setup: AuthenticatorSetup): Authenticator {
  if (options.keys.length === 0) {
    const admit = createAnonymousAdmission(options, setup);
    return {
      authenticate: (_authorization, peer) => admit(peer),
      async authenticateSigner(signer, peer) {
        await signer;
        return admit(peer);
      },
      replaceKeys: () => undefined,
    };
  }
  const failed = new FailedKeys(options.maxFailedKeysPerMinute, setup.clock);
  let keys = knownKeys(options.keys, []);
  const refusal = (address: string, error: MillraceError): MillraceError => {
    failed.check(address);
    failed.add(address);
    return error;
  };
  const welcome = ({ addresses, principal }: KnownKey, address: string): Principal => {
    if (addresses.has(address)) return principal;
    failed.check(address);
    if (addresses.size >= MAX_ADDRESSES) addresses.clear();
    addresses.add(address);
    return principal;
  };
  const unknown = () => new MillraceError('unauthenticated', 'this key is not known');
  return {
    authenticate(authorization, { address }) {
      const digest = sha256(bearerToken(authorization));
      let found: KnownKey | undefined;
      for (const key of keys) if (timingSafeEqual(key.digest, digest)) found = key;
      if (found === undefined) throw refusal(address, unknown());
      return welcome(found, address);
    },
    async authenticateSigner(signer, { address }) {
      const name = await signer.catch((error: unknown) => {
        const isStranger = error instanceof MillraceError && error.code === 'unauthenticated';
        throw isStranger ? refusal(address, error) : error;
      });
      const found = keys.find(({ principal }) => principal.name === name);
      if (found === undefined) throw refusal(address, unknown());
      return welcome(found, address);
    },
    replaceKeys(replacement) {
      keys = knownKeys(replacement, keys);
    },
  };
}

/** What takes the place of a key is as welcome as that was from where it came. */
function knownKeys(keys: AuthOptions['keys'], before: readonly KnownKey[]): readonly KnownKey[] {
  return keys.map(({ name, key, scopes }) => ({
    digest: sha256(key),
    principal: { name, scopes: new Set(scopes) },
    addresses: before.find(({ principal }) => principal.name === name)?.addresses ?? new Set<string>(),
  }));
}

function bearerToken(authorization: string | undefined): string {
  if (authorization === undefined) {
    throw new MillraceError('unauthenticated', 'this server needs a key: send `Authorization: Bearer <key>`');
  }
  const token = BEARER.exec(authorization)?.[1];
  if (token === undefined) {
    throw new MillraceError('unauthenticated', 'the Authorization header must have the form `Bearer <key>`');
  }
  return token;
}

function createAnonymousAdmission(
  { allowAnonymous, anonymousScopes }: AuthOptions,
  { explicitControl }: AuthenticatorSetup,
): (peer: Peer) => Principal {
  const isUsual =
    anonymousScopes.length === ANONYMOUS.scopes.size && anonymousScopes.every((scope) => ANONYMOUS.scopes.has(scope));
  const everybody = isUsual ? ANONYMOUS : { ...ANONYMOUS, scopes: new Set(anonymousScopes) };
  return (peer) => {
    if (allowAnonymous && !explicitControl) return everybody;
    const local = peer.isLocal();
    if (local) return explicitControl ? LOCAL_OPERATOR : ANONYMOUS;
    if (allowAnonymous) return everybody;
    throw new MillraceError(
      'unauthenticated',
      'this server has no keys, so it answers callers on its own machine only: add a key under `auth.keys`, or allow everybody with `auth.allowAnonymous`',
    );
  };
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
