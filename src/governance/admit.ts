import { MillraceError, type Principal, type Scope } from '../core/index.js';
import { ANONYMOUS } from './authenticate.js';

/** Lets a principal with one of the scopes pass; throws `permission_denied` that names what is missing. */
export function admit(principal: Principal, ...scopes: readonly [Scope, ...Scope[]]): void {
  for (const scope of scopes) if (principal.scopes.has(scope)) return;
  const wanted = scopes.map((scope) => `'${scope}'`).join(' or ');
  throw new MillraceError('permission_denied', describeLack(principal, wanted));
}

function describeLack(principal: Principal, wanted: string): string {
  if (principal.name === ANONYMOUS.name) {
    return `this needs the scope ${wanted}: without a key only callers on the server's own machine have it, and only with --model-control-mode=explicit`;
  }
  const held = [...principal.scopes].join(', ') || 'none';
  return `key '${principal.name}' lacks the scope ${wanted} that this needs; it has: ${held}`;
}
