import { createHash, timingSafeEqual } from 'node:crypto';
import { MillraceError, type Principal, SCOPES } from '../core/index.js';
import type { AuthOptions } from './options.js';

/** Where a request came from. */
export interface Peer {
  /** IP address; '' for a Unix socket. */
  readonly address: string;
  /** Sent on this machine, by loopback or a Unix socket, and handed on by no proxy that says so. */
  isLocal(): boolean;
}

/** Tells who sends an `Authorization` header; throws `unauthenticated`. */
export type Authenticate = (authorization: string | undefined, peer: Peer) => Principal;

/** Everybody, while no key is configured. */
export const ANONYMOUS: Principal = { name: 'anonymous', scopes: new Set(['infer', 'observe']) };

/** Who is on this machine and may control the models, while no key is configured. */
export const LOCAL_OPERATOR: Principal = { name: 'anonymous', scopes: new Set(SCOPES) };

export interface AuthenticatorSetup {
  /** Models are controlled over the network at all: without keys by who is on this machine. */
  readonly explicitControl: boolean;
}

const BEARER = /^bearer +(\S+) *$/i;

/**
 * Static bearer keys (RFC 6750). Keys are compared by their SHA-256 in constant time, so neither their text nor a
 * prefix of it leaks through timing. Without any key everybody is {@link ANONYMOUS}; those on other machines only with
 * `allowAnonymous`, and those on this one are {@link LOCAL_OPERATOR} where models are controlled over the network.
 */
export function createAuthenticator(options: AuthOptions, setup: AuthenticatorSetup): Authenticate {
  if (options.keys.length === 0) return (_authorization, peer) => admitAnonymous(peer, options, setup);
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

function admitAnonymous(
  peer: Peer,
  { allowAnonymous }: AuthOptions,
  { explicitControl }: AuthenticatorSetup,
): Principal {
  if (allowAnonymous && !explicitControl) return ANONYMOUS;
  const local = peer.isLocal();
  if (local) return explicitControl ? LOCAL_OPERATOR : ANONYMOUS;
  if (allowAnonymous) return ANONYMOUS;
  throw new MillraceError(
    'unauthenticated',
    'this server has no keys, so it answers callers on its own machine only: add a key under `auth.keys`, or allow everybody with `auth.allowAnonymous`',
  );
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
