import { MillraceError, type Principal, type Scope } from '../core/index.js';

/** Lets a principal with the scope pass; throws `permission_denied` that names what is missing. */
export function admit(principal: Principal, scope: Scope): void {
  if (principal.scopes.has(scope)) return;
  const held = [...principal.scopes].join(', ') || 'none';
  throw new MillraceError(
    'permission_denied',
    `key '${principal.name}' lacks the scope '${scope}' that this needs; it has: ${held}`,
  );
}
