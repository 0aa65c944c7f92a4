import type { Action, Principal } from '../../core/index.js';
import { AccessPolicy, grantsOfScopes } from './policy.js';
import type { Grant } from './rights.js';
import type { Scope } from './roles.js';

const POLICY = new AccessPolicy();

/** Actions that no caller may take without a key: every user of the server's machine is such a caller. */
export const DENIED_WITHOUT_KEY: readonly Action[] = [
  'key.read',
  'key.change',
  'audit.read',
  'payload.read',
  'payload.erase',
  'server.manage',
];

/** Everybody, while nobody can have a key. */
export const ANONYMOUS = anonymousWith(['infer', 'observe']);

/** Callers on the server's machine, while no caller can have a key and load requests are allowed. */
export const LOCAL_OPERATOR = withoutKey([{ role: 'admin' }]);

/** The program that embeds the server: all actions. */
export const EMBEDDING_PROGRAM = principalWith([{ role: 'admin' }]);

/** Everybody, where the settings say what they may do. */
export function anonymousWith(scopes: readonly Scope[]): Principal {
  return withoutKey(grantsOfScopes(scopes));
}

/** Callers of whom it is not known whether they are on the server's machine, while no caller can have a key. */
export function anonymousOf({
  allowAnonymous,
  anonymousScopes,
}: {
  readonly allowAnonymous: boolean;
  readonly anonymousScopes: readonly Scope[];
}): Principal {
  return allowAnonymous ? anonymousWith(anonymousScopes) : ANONYMOUS;
}

function withoutKey(grants: readonly Grant[]): Principal {
  return principalWith(grants.map((grant) => ({ ...grant, except: DENIED_WITHOUT_KEY })));
}

function principalWith(grants: readonly Grant[]): Principal {
  return POLICY.principalOf({ kind: 'anonymous', name: 'anonymous', grants });
}
