import type { Principal } from '../../src/core/index.js';
import { AccessPolicy, type BuiltInRole } from '../../src/governance/index.js';

const POLICY = new AccessPolicy();

/** One with a key of that name, and the roles on everything. */
export function principalWith(name: string, ...roles: readonly BuiltInRole[]): Principal {
  return POLICY.principalOf({ kind: 'key', name, grants: roles.map((role) => ({ role })) });
}

/** The same with a key in the store, of that id: one that was made after another one of the name was revoked has an id of its own. */
export function principalOfStoredKey(name: string, id: string, ...roles: readonly BuiltInRole[]): Principal {
  return POLICY.principalOf({ kind: 'key', name, ownerId: `key#${id}`, grants: roles.map((role) => ({ role })) });
}
