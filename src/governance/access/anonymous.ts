import type { Principal } from '../../core/index.js';
import { AccessPolicy, grantsOfScopes } from './policy.js';
import type { Scope } from './roles.js';

const NAME = 'anonymous';
const POLICY = new AccessPolicy();

/** Everybody, while nobody can have a key. */
export const ANONYMOUS = anonymousWith(['infer', 'observe']);

/** Who is on this machine and may control the models, while nobody can have a key. */
export const LOCAL_OPERATOR: Principal = POLICY.principalOf({
  kind: 'anonymous',
  name: NAME,
  grants: [{ role: 'admin' }],
});

/** Everybody, where the settings say what they may do. */
export function anonymousWith(scopes: readonly Scope[]): Principal {
  return POLICY.principalOf({ kind: 'anonymous', name: NAME, grants: grantsOfScopes(scopes) });
}
