import { NO_RIGHTS, type Principal } from '../../core/index.js';
import { createRights, type Grant } from './rights.js';
import { BUILT_IN_ROLES, ROLES_OF_SCOPE, type Scope } from './roles.js';

/** What a credential says of who sends it. */
export interface Identity {
  readonly kind: 'key' | 'oidc' | 'cert' | 'anonymous';
  /** Of {@link Principal.name}. */
  readonly name: string;
  readonly groups?: readonly string[];
  /** Of the credential itself. */
  readonly grants?: readonly Grant[];
}

/** Makes principals of identities: who may do what. */
export class AccessPolicy {
  principalOf({ kind, name, groups = [], grants = [] }: Identity): Principal {
    const id = kind === 'key' ? `key:${name}` : name;
    const rights = grants.length === 0 ? NO_RIGHTS : createRights(grants, BUILT_IN_ROLES);
    return { name, id, groups, rights };
  }
}

/** What static keys, and everybody where there are none, may do. */
export function grantsOfScopes(scopes: readonly Scope[]): readonly Grant[] {
  return scopes.flatMap((scope) => ROLES_OF_SCOPE[scope]).map((role) => ({ role }));
}
