import { ACTIONS, type Action, invalidArgument } from '../../core/index.js';
import { didYouMean } from '../../text/index.js';
import type { Binding } from './binding.js';
import { BUILT_IN_ROLES } from './roles.js';
import { isWrittenPrincipal } from './written-principal.js';

/** Something wrong, and where: the path of a key. */
export interface AccessProblem {
  readonly path: readonly string[];
  readonly message: string;
}

/** Roles and bindings as people write them. */
interface WrittenAccess {
  readonly roles: Readonly<Record<string, readonly string[]>>;
  readonly bindings: readonly Binding[];
}

const MODEL_ACTIONS = /^[a-z]+\.\*$/;
const ROLE_NAME = /^[A-Za-z0-9][\w.-]{0,63}$/;

/** What is wrong with roles and bindings, beyond their schema. Paths begin with `roles` or `bindings`. */
export function checkAccess({ roles, bindings }: WrittenAccess): readonly AccessProblem[] {
  const names = [...Object.keys(BUILT_IN_ROLES), ...Object.keys(roles)];
  return [
    ...Object.entries(roles).flatMap(([name, actions]) => checkRole(name, actions)),
    ...bindings.flatMap((binding, index) =>
      checkBinding(binding, names).map(({ path, message }) => ({
        path: ['bindings', String(index), ...path],
        message,
      })),
    ),
  ];
}

/** What is wrong with one binding; paths begin within it. `roles`: names of all there are. */
function checkBinding(
  { group, principal, role, models = [] }: Binding,
  roles: readonly string[],
): readonly AccessProblem[] {
  const problems: AccessProblem[] = [];
  if ((group === undefined) === (principal === undefined)) {
    const got = group === undefined ? 'neither' : 'both';
    problems.push({ path: [], message: `expected either group or principal, got ${got}` });
  }
  if (principal !== undefined && !isWrittenPrincipal(principal)) {
    const expected = 'expected key:<name>, oidc:<issuer>/<subject>, cert:<name> or app:<name>';
    const anonymous = principal === 'anonymous' ? '; what everybody may do without a key is auth.anonymousScopes' : '';
    problems.push({ path: ['principal'], message: `${expected}, got '${principal.slice(0, 80)}'${anonymous}` });
  }
  if (!roles.includes(role)) {
    const hint = didYouMean(role, roles, "'") || ` (roles: ${roles.join(', ')})`;
    problems.push({ path: ['role'], message: `there is no role '${role.slice(0, 80)}'${hint}` });
  }
  for (const [index, pattern] of models.entries()) {
    if (/[\s/]/.test(pattern)) {
      const message = `expected the name of a model, a route or a label (fraud@canary), in which * stands for any text; got '${pattern.slice(0, 80)}'`;
      problems.push({ path: ['models', String(index)], message });
    }
  }
  return problems;
}

/** The actions that a role of the settings consists of: `model.*` stands for all that begin so. */
export function expandActions(patterns: readonly string[]): readonly (typeof ACTIONS)[number][] {
  return ACTIONS.filter((action) =>
    patterns.some((pattern) => pattern === action || (MODEL_ACTIONS.test(pattern) && matchesKind(pattern, action))),
  );
}

function checkRole(name: string, actions: readonly string[]): readonly AccessProblem[] {
  const path = ['roles', name];
  if (Object.hasOwn(BUILT_IN_ROLES, name)) {
    return [{ path, message: `'${name}' is built in: call it otherwise` }];
  }
  if (!ROLE_NAME.test(name)) {
    return [{ path, message: 'expected a name of 1 to 64 letters, digits, _, . and -, the first a letter or digit' }];
  }
  return actions.flatMap((action, index) => {
    if ((ACTIONS as readonly string[]).includes(action)) return [];
    if (MODEL_ACTIONS.test(action) && ACTIONS.some((known) => matchesKind(action, known))) return [];
    const kinds = [...new Set(ACTIONS.map((known) => `${known.split('.')[0]}.*`))];
    const hint = didYouMean(action, [...ACTIONS, ...kinds], "'") || ` (actions: ${ACTIONS.join(', ')})`;
    return [{ path: [...path, String(index)], message: `there is no action '${action.slice(0, 80)}'${hint}` }];
  });
}

function matchesKind(pattern: string, action: string): boolean {
  return action.startsWith(pattern.slice(0, -1));
}

/** An action by its name. Throws `invalid_argument` that names the one that was meant, or all. */
export function parseAction(text: string): Action {
  const found = ACTIONS.find((action) => action === text);
  if (found !== undefined) return found;
  const shown = text.slice(0, 80);
  throw invalidArgument(
    `there is no action '${shown}'${didYouMean(shown, ACTIONS, "'")} (actions: ${ACTIONS.join(', ')})`,
  );
}
