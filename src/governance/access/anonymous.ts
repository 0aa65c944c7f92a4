import type { Action, Principal } from '../../core/index.js';
import { AccessPolicy, grantsOfScopes } from './policy.js';
import type { Scope } from './roles.js';

const NAME = 'anonymous';
const POLICY = new AccessPolicy();

/** Everybody, while nobody can have a key. */
export const ANONYMOUS = anonymousWith(['infer', 'observe']);

/** Actions that every user of the server's machine could take if callers without a key had them. */
export const DENIED_WITHOUT_KEY: readonly Action[] = ['key.read', 'key.change', 'audit.read', 'server.manage'];

/** Callers on the server's machine while no caller has a key and models are loaded by requests: all actions but those. */
export const LOCAL_OPERATOR: Principal = POLICY.principalOf({
  kind: 'anonymous',
  name: NAME,
  grants: [{ role: 'admin', except: DENIED_WITHOUT_KEY }],
});

/** The program that the server is a part of: all actions. */
export const EMBEDDING_PROGRAM: Principal = POLICY.principalOf({
  kind: 'anonymous',
  name: NAME,
  grants: [{ role: 'admin' }],
});

/** Everybody, where the settings say what they may do. */
export function anonymousWith(scopes: readonly Scope[]): Principal {
  return POLICY.principalOf({ kind: 'anonymous', name: NAME, grants: grantsOfScopes(scopes) });
}
