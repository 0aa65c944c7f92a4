import type { Action } from '../../core/index.js';
import type { Binding } from './binding.js';
import type { AccessPolicy, Identity } from './policy.js';
import type { Grant } from './rights.js';

/** Who may come with credentials that others give them: tokens of an issuer, certificates. Nobody knows who they are before. */
export interface Strangers {
  /** What their names begin with: `oidc:acme/`, `cert:`. */
  readonly names: string;
  /** What their groups begin with, '' = anything; undefined = they have none. */
  readonly groups: string | undefined;
}

/** Who may come, and what holds then. */
export interface AccessState {
  readonly policy: AccessPolicy;
  /** Keys that hold. They are looked at no further than it takes. */
  readonly keys: () => Iterable<Identity>;
  readonly strangers: readonly Strangers[];
}

/** Who has it on everything can give all others what they need. */
const KEEPING: Action = 'key.change';

/** Whether a change takes from the last one who could give rights to anybody: nobody can change keys after it, and somebody could before. */
export function wouldLockOut(before: AccessState, after: AccessState): boolean {
  return !hasKeeper(after) && hasKeeper(before);
}

/** Whether anybody may change all keys: a key that holds, or somebody of whom a binding speaks and who can have a credential. */
export function hasKeeper({ policy, keys, strangers }: AccessState): boolean {
  const roles = new Set(policy.roleNames().filter((role) => policy.actionsOf(role)?.includes(KEEPING)));
  const keeps = ({ role, models = ['*'] }: Grant) => roles.has(role) && models.includes('*');
  const bindings = policy.access.bindings.filter(keeps);
  if (bindings.some((binding) => strangers.some((each) => speaksOf(binding, each)))) return true;
  // There may be many keys, and bindings are few.
  const principals = new Set(bindings.map(({ principal }) => principal));
  const groupNames = new Set(bindings.map(({ group }) => group));
  for (const { name, groups = [], grants = [] } of keys()) {
    if (grants.some(keeps) || principals.has(`key:${name}`) || groups.some((group) => groupNames.has(group)))
      return true;
  }
  return false;
}

/** Whether a binding gives something to any of them. */
export function speaksOf({ principal, group }: Binding, { names, groups }: Strangers): boolean {
  if (principal !== undefined) return principal.startsWith(names);
  return groups !== undefined && group?.startsWith(groups) === true;
}
