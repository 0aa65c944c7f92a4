import { type Action, NO_RIGHTS, type Principal, type Rights } from '../../core/index.js';
import type { PlacedBinding, PlacedGrant } from './binding.js';
import { createRights, type Grant, type Roles } from './rights.js';
import { BUILT_IN_ROLES, ROLES_OF_SCOPE, type Scope } from './roles.js';

/** What a credential says of who sends it. */
export interface Identity {
  readonly kind: 'key' | 'oidc' | 'cert' | 'app' | 'file' | 'anonymous';
  /** Of {@link Principal.name}. */
  readonly name: string;
  /** {@link Principal.ownerId}, where a name may later be another's. */
  readonly ownerId?: string;
  readonly groups?: readonly string[];
  /** Of the credential itself; other ones take effect at once. */
  readonly grants?: readonly Grant[];
  /** When the credential ends, in milliseconds since the Unix epoch. Default: it has no end that is known. */
  readonly endsAtMs?: number;
}

/** What the settings say of who may do what. */
export interface PolicySetup {
  /** Besides those that are built in. */
  readonly roles?: Roles;
  readonly bindings?: readonly PlacedBinding[];
}

/** What is behind principals; they themselves only tell what they may do. */
const identities = new WeakMap<Principal, Identity>();

type GrantsBySubject = ReadonlyMap<string, readonly PlacedGrant[]>;

/** The same, all of it. */
export type Access = Required<PolicySetup>;

/** What holds at a time. It is never changed, but replaced as a whole. */
interface Content {
  readonly access: Access;
  readonly roles: Roles;
  readonly granted: GrantsBySubject;
}

/** Makes principals of identities: who may do what. */
export class AccessPolicy {
  #content: Content;

  constructor(setup: PolicySetup = {}) {
    this.#content = contentOf(setup);
  }

  /** From now on these roles and bindings hold, and no others, also for the principals that were made before. */
  replace(setup: PolicySetup): void {
    this.#content = contentOf(setup);
  }

  principalOf(identity: Identity): Principal {
    const { name, groups = [] } = identity;
    const id = idOfIdentity(identity);
    const { ownerId = id } = identity;
    const principal = { name, id, ownerId, groups, rights: this.#rightsOf(identity) };
    identities.set(principal, identity);
    return principal;
  }

  /** All that an identity is granted, whatever gives it that. */
  grantsOf(identity: Identity): readonly PlacedGrant[] {
    const { groups = [], grants = [] } = identity;
    const place = `${idOfIdentity(identity)} itself`;
    const subjects = [`principal ${idOfIdentity(identity)}`, ...groups.map((group) => `group ${group}`)];
    return [
      ...grants.map((grant) => ({ ...grant, place })),
      ...subjects.flatMap((subject) => this.#content.granted.get(subject) ?? []),
    ];
  }

  get roles(): Roles {
    return this.#content.roles;
  }

  /** What the settings say, without the roles that are built in. */
  get access(): Access {
    return this.#content.access;
  }

  /** undefined for a role that is not known. */
  actionsOf(role: string): readonly Action[] | undefined {
    const { roles } = this.#content;
    return Object.hasOwn(roles, role) ? roles[role] : undefined;
  }

  roleNames(): readonly string[] {
    return Object.keys(this.#content.roles);
  }

  /** Made when they are first asked for, of what holds then: of the keys that a server knows, few are in use. */
  #rightsOf(identity: Identity): Rights {
    let rights = NO_RIGHTS;
    let madeOf: Content | undefined;
    let madeWith: Identity['grants'];
    const current = (): Rights => {
      if (madeOf === this.#content && madeWith === identity.grants) return rights;
      madeOf = this.#content;
      madeWith = identity.grants;
      const grants = this.grantsOf(identity);
      rights = grants.length === 0 ? NO_RIGHTS : createRights(grants, madeOf.roles);
      return rights;
    };
    return {
      allow: (action, resource) => current().allow(action, resource),
      allowOwn: (action, name) => current().allowOwn(action, name),
      sees: (name) => current().sees(name),
      get summary() {
        return current().summary;
      },
    };
  }
}

function contentOf({ roles = {}, bindings = [] }: PolicySetup): Content {
  return { access: { roles, bindings }, roles: { ...roles, ...BUILT_IN_ROLES }, granted: bySubject(bindings) };
}

/** The identity that a principal was made of, by any policy; of another one, what can be told of it. */
export function identityOf(principal: Principal): Identity {
  const { name, groups } = principal;
  return identities.get(principal) ?? { kind: 'anonymous', name, groups };
}

/** {@link Principal.id} of whom the identity is. */
export function idOfIdentity({ kind, name }: Pick<Identity, 'kind' | 'name'>): string {
  return kind === 'key' ? `key:${name}` : name;
}

function bySubject(bindings: readonly PlacedBinding[]): GrantsBySubject {
  const found = new Map<string, PlacedGrant[]>();
  for (const { group, principal, role, models, place } of bindings) {
    const subject = group === undefined ? `principal ${principal}` : `group ${group}`;
    const grants = found.get(subject) ?? [];
    found.set(subject, grants);
    grants.push({ role, place, ...(models && { models }) });
  }
  return found;
}

/** What static keys, and everybody where there are none, may do. */
export function grantsOfScopes(scopes: readonly Scope[]): readonly Grant[] {
  return scopes.flatMap((scope) => ROLES_OF_SCOPE[scope]).map((role) => ({ role }));
}
