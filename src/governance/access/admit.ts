import { type Action, MillraceError, type Principal } from '../../core/index.js';
import { ANONYMOUS, DENIED_WITHOUT_KEY } from './anonymous.js';

/** What somebody wants to do something to. */
export interface Resource {
  /** As {@link admit} has it. */
  readonly name: string;
  /**
   * What is said of a name that nothing has, and is thrown for one that the principal does not see: it gets to know nothing of it. Default:
   * `permission_denied`, which says nothing of what there is either, as it goes by the name alone.
   */
  readonly unknown?: (name: string) => MillraceError;
  /** Of what itself has the name, which is not the label of a model then. */
  readonly isOwn?: boolean;
}

/** Lets a principal pass that may do this to what has the name ('' = the server); throws `permission_denied` that names what is missing. */
export function admit(principal: Principal, action: Action, resource: string | Resource): void {
  const { rights } = principal;
  const { name, unknown, isOwn = false }: Resource = typeof resource === 'string' ? { name: resource } : resource;
  const isNamed = name !== '' && name !== '*';
  if (isNamed && isOwn ? rights.allowOwn(action, name) : rights.allow(action, name)) return;
  const lack = new MillraceError('permission_denied', describeLack(principal, action, name));
  if (unknown === undefined || !isNamed || rights.sees(name)) throw lack;
  const hidden = unknown(name);
  // For logs and the audit trail: the caller does not get to know. Where it was thrown says nothing, and strangers fill the log.
  lack.stack = `${lack.name}: ${lack.message}`;
  hidden.cause = lack;
  throw hidden;
}

const MAKE_KEY =
  'stop the server, make a key (`millrace keys create admin --grant admin --store <store.path>`), and start it with `--auth-required`';

/** As the command line has it; explicit mode without `--load-model` would load no model. */
const EXPLICIT = "--model-control-mode explicit --load-model '*'";

function describeLack({ name, id, rights }: Principal, action: Action, resource: string): string {
  const where = whereOf(rights.allow(action, ''), resource);
  if (name === ANONYMOUS.name) {
    if (DENIED_WITHOUT_KEY.includes(action)) {
      return `this needs the right '${action}'${where}, which no caller has without a key: ${MAKE_KEY}`;
    }
    return `this needs the right '${action}'${where}: without a key only callers on the server's own machine have it, and only with ${EXPLICIT}`;
  }
  return `'${id}' lacks the right '${action}'${where}; its roles: ${rights.summary}`;
}

function whereOf(hasSome: boolean, resource: string): string {
  if (resource === '') return '';
  if (resource === '*') return hasSome ? ' on everything' : '';
  return ` on '${resource}'`;
}
