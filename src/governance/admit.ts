import { MillraceError, type Principal, type Scope } from '../core/index.js';

/** Lets a principal with one of the scopes pass; throws `permission_denied` that names what is missing. */
export function admit(principal: Principal, ...scopes: readonly [Scope, ...Scope[]]): void {
  for (const scope of scopes) if (principal.scopes.has(scope)) return;
  const held = [...principal.scopes].join(', ') || 'none';
  const wanted = scopes.map((scope) => `'${scope}'`).join(' or ');
  throw new MillraceError(
    'permission_denied',
    `key '${principal.name}' lacks the scope ${wanted} that this needs; it has: ${held}`,
  );
}
