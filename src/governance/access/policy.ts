import { type Action, NO_RIGHTS, type Principal } from '../../core/index.js';
import { createRights, type Grant, type Roles } from './rights.js';
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
  readonly #roles: Roles = BUILT_IN_ROLES;

  principalOf(identity: Identity): Principal {
    const { kind, name, groups = [] } = identity;
    const id = kind === 'key' ? `key:${name}` : name;
    const grants = this.grantsOf(identity);
    const rights = grants.length === 0 ? NO_RIGHTS : createRights(grants, this.#roles);
    return { name, id, groups, rights };
  }

  /** All that an identity is granted, whatever gives it that. */
  grantsOf({ grants = [] }: Identity): readonly Grant[] {
    return grants;
  }

  /** undefined for a role that is not known. */
  actionsOf(role: string): readonly Action[] | undefined {
    return Object.hasOwn(this.#roles, role) ? this.#roles[role] : undefined;
  }

  roleNames(): readonly string[] {
    return Object.keys(this.#roles);
  }
}

/** What static keys, and everybody where there are none, may do. */
export function grantsOfScopes(scopes: readonly Scope[]): readonly Grant[] {
  return scopes.flatMap((scope) => ROLES_OF_SCOPE[scope]).map((role) => ({ role }));
}
