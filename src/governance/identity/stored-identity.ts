import { MillraceError, type Principal } from '../../core/index.js';
import type { Strangers } from '../access/lock-out.js';
import { type AccessPolicy, grantsOfScopes, type Identity, identityOf } from '../access/policy.js';
import type { AuthOptions } from '../options.js';
import type { StoredKeys } from './stored-keys.js';

/**
 * A caller as data, for work that runs later on its account. It holds no rights: the work has the rights that are in force when it
 * runs.
 */
export interface StoredIdentity {
  readonly kind: Identity['kind'];
  readonly name: string;
  /** {@link Principal.ownerId}: for an API key of the store, another key of the same name has another one. */
  readonly ownerId: string;
  readonly groups: readonly string[];
  /** Roles on everything by which the program that embeds the server has vouched for it. */
  readonly roles?: readonly string[];
  /** When its token or certificate ends, in milliseconds since the Unix epoch. */
  readonly endsAtMs?: number;
}

export function storedIdentityOf(principal: Principal): StoredIdentity {
  const { kind, name, grants = [], endsAtMs } = identityOf(principal);
  const { ownerId, groups } = principal;
  return {
    kind,
    name,
    ownerId,
    groups,
    ...(kind === 'app' && { roles: grants.map(({ role }) => role) }),
    ...(endsAtMs !== undefined && { endsAtMs }),
  };
}

interface RecallSetup {
  readonly policy: AccessPolicy;
  readonly stored: Pick<StoredKeys, 'recall'>;
  /** Keys of the settings that are in force. */
  readonly written: () => AuthOptions['keys'];
  /** Issuers and certificates by which callers may come now. */
  readonly strangers: readonly Strangers[];
  /** A caller without a credential; undefined = each caller needs one. */
  readonly anonymous: Principal | undefined;
}

/** Makes the principal of a stored identity. Rejects with `unauthenticated` where its key or issuer is no longer valid, and `unavailable` where keys cannot be read. */
export type RecallPrincipal = (identity: StoredIdentity) => Promise<Principal>;

export function createRecall({ policy, stored, written, strangers, anonymous }: RecallSetup): RecallPrincipal {
  const keyed = async ({ name, ownerId }: StoredIdentity): Promise<Principal> => {
    const key = written().find((known) => known.name === name);
    if (key !== undefined && ownerId === `key:${name}`) {
      return policy.principalOf({ kind: 'key', name, grants: grantsOfScopes(key.scopes) });
    }
    const principal = await stored.recall(ownerId);
    if (principal !== undefined) return principal;
    throw new MillraceError('unauthenticated', `the key '${name}' does not hold any more`);
  };
  return async (identity) => {
    const { kind, name, ownerId, groups, roles = [] } = identity;
    switch (kind) {
      case 'key':
        return keyed(identity);
      case 'oidc':
      case 'cert':
        if (strangers.some(({ names }) => name.startsWith(names)))
          return policy.principalOf({ kind, name, ownerId, groups });
        throw new MillraceError('unauthenticated', `callers like '${name}' are not accepted any more`);
      case 'app':
        return policy.principalOf({ kind, name, ownerId, groups, grants: roles.map((role) => ({ role })) });
      case 'anonymous':
        if (anonymous !== undefined) return anonymous;
        throw new MillraceError('unauthenticated', 'callers need a credential now');
      case 'file':
        throw new MillraceError('unauthenticated', `'${name}' is no caller`);
      default:
        return kind satisfies never;
    }
  };
}
