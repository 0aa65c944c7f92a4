import { type Clock, MillraceError, type Principal } from '../../core/index.js';
import { ANONYMOUS, anonymousWith, LOCAL_OPERATOR } from '../access/anonymous.js';
import type { AccessPolicy } from '../access/policy.js';
import type { AuthOptions } from '../options.js';
import { unknownKey } from './api-key.js';
import { CertificateCallers } from './certificates/certificate-callers.js';
import { Door } from './door.js';
import { SentTokens } from './sent-tokens.js';
import { StaticKeys } from './static-keys.js';
import type { Peer, TokenSource } from './token-source.js';

/**
 * Tells who sends an `Authorization` header: at once, or later where somebody else has to be asked. Throws or rejects with
 * `unauthenticated`.
 */
export type Authenticate = (authorization: string | undefined, peer: Peer) => Principal | Promise<Principal>;

/**
 * Tells who has signed a request: `signer` becomes the name of the key in whose place it is signed. Rejects with `unauthenticated`
 * where it rejects so, or where there is no such key any more. Where nobody can have a key, the name does not count.
 */
export type AuthenticateSigner = (signer: Promise<string>, peer: Peer) => Promise<Principal>;

export interface AuthenticatorSetup {
  /** Models are controlled over the network at all: without keys by who is on this machine. */
  readonly explicitControl: boolean;
  readonly clock: Clock;
  readonly policy: AccessPolicy;
  /** Of other kinds than static keys, and asked before them. Default: none. */
  readonly sources?: readonly TokenSource[];
  /** Clients are asked for certificates, by which whoever sends no token is known. */
  readonly asksForCertificates?: boolean;
}

const FOREIGN =
  'this server has no keys, so it answers callers on its own machine only: add a key under `auth.keys`, or allow everybody with `auth.allowAnonymous`';
const UNNAMED =
  'this server has no keys, so the program that hands requests to it has to say whose they are: pass `principal` to `fetch`, add a key under `auth.keys`, or allow everybody with `auth.allowAnonymous`';

/** Tells callers apart, by keys that may change. */
export interface Authenticator {
  readonly authenticate: Authenticate;
  readonly authenticateSigner: AuthenticateSigner;
  /**
   * From now on these static keys hold, and no others. There must have been some before, or other sources. Gives the principals whose keys
   * hold no more.
   */
  replaceKeys(keys: AuthOptions['keys']): readonly Principal[];
}

/** What the settings say of keys, and of those who have none. */
type KeyOptions = Omit<AuthOptions, 'issuers' | 'required' | 'roles' | 'bindings'>;

/**
 * Bearer tokens (RFC 6750): static keys, and those of the other sources. From an address with too many unknown ones only those are taken
 * that have come from there before: nobody behind a proxy is locked out by others. Where nobody can have a key, everybody is anonymous:
 * those on other machines only with `allowAnonymous`, and those on this one may do everything where models are controlled over the network.
 */
export function createAuthenticator(options: KeyOptions, setup: AuthenticatorSetup): Authenticator {
  const { clock, policy, sources = [], asksForCertificates = false } = setup;
  if (options.keys.length === 0 && sources.length === 0 && !asksForCertificates)
    return createAnonymousAuthenticator(options, setup);
  const keys = new StaticKeys(options.keys, policy);
  const all: readonly TokenSource[] = [...sources, keys];
  const certificates = new CertificateCallers(policy, clock);
  const door = new Door(options.maxFailedKeysPerMinute, clock);
  const enter = (principal: Principal | undefined, address: string): Principal => {
    if (principal !== undefined) return door.welcome(principal, address);
    throw door.refuse(unknownKey(), address);
  };
  const tokens = new SentTokens(all);
  return {
    authenticate(authorization, peer) {
      if (authorization === undefined && peer.certificate !== undefined)
        return certificates.principalOf(peer.certificate);
      const sent = tokens.read(authorization);
      const { address } = peer;
      let found: ReturnType<TokenSource['principalOf']>;
      try {
        found = sent.source?.principalOf(sent.token, peer);
      } catch (error) {
        throw door.refuse(error, address);
      }
      if (!(found instanceof Promise)) {
        const principal = enter(found, address);
        tokens.remember(authorization, sent);
        return principal;
      }
      return found.then(
        (one) => enter(one, address),
        (error: unknown) => {
          throw door.refuse(error, address);
        },
      );
    },
    async authenticateSigner(signer, { address }) {
      const name = await signer.catch((error: unknown) => {
        throw door.refuse(error, address);
      });
      return enter(keys.named(name), address);
    },
    replaceKeys: (replacement) => keys.replace(replacement),
  };
}

function createAnonymousAuthenticator(options: KeyOptions, setup: AuthenticatorSetup): Authenticator {
  const admit = createAnonymousAdmission(options, setup);
  return {
    authenticate: (_authorization, peer) => admit(peer),
    async authenticateSigner(signer, peer) {
      await signer;
      return admit(peer);
    },
    replaceKeys: () => [],
  };
}

function createAnonymousAdmission(
  { allowAnonymous, anonymousScopes }: KeyOptions,
  { explicitControl }: AuthenticatorSetup,
): (peer: Peer) => Principal {
  const everybody = anonymousWith(anonymousScopes);
  return (peer) => {
    if (allowAnonymous && !explicitControl) return everybody;
    if (peer.isLocal()) return explicitControl ? LOCAL_OPERATOR : ANONYMOUS;
    if (allowAnonymous) return everybody;
    throw new MillraceError('unauthenticated', peer.isHandedOver === true ? UNNAMED : FOREIGN);
  };
}
