import { type Action, MillraceError, type Principal } from '../../core/index.js';
import { ANONYMOUS } from './anonymous.js';

/** Lets a principal pass that may do this to what has the name ('' = the server); throws `permission_denied` that names what is missing. */
export function admit(principal: Principal, action: Action, resource: string): void {
  if (!principal.rights.allow(action, resource)) {
    throw new MillraceError('permission_denied', describeLack(principal, action, resource));
  }
}

function describeLack({ name, id, rights }: Principal, action: Action, resource: string): string {
  const where = resource === '' || resource === '*' ? '' : ` on '${resource}'`;
  if (name === ANONYMOUS.name) {
    return `this needs the right '${action}'${where}: without a key only callers on the server's own machine have it, and only with --model-control-mode=explicit`;
  }
  return `'${id}' lacks the right '${action}'${where}; its roles: ${rights.summary}`;
}
