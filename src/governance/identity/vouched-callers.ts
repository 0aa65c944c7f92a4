import { invalidArgument, type Principal, quoted } from '../../core/index.js';
import { didYouMean } from '../../text/index.js';
import type { AccessPolicy } from '../access/policy.js';
import { foreignNameProblem } from './foreign-name.js';

/** A caller whom the program that embeds the server has authenticated. */
export interface VouchedCaller {
  /** Its name: `alice` is the principal `app:alice`, whom bindings and quotas name so. */
  readonly principal: string;
  /** Roles that it has on everything, besides those of bindings. Default: `caller`. */
  readonly roles?: readonly string[] | undefined;
}

/** Makes the principal of such a caller. Throws `invalid_argument` for a name that is none, and for an unknown role. */
export type VouchFor = (caller: VouchedCaller) => Principal;

const DEFAULT_ROLES = ['caller'] as const;
const MAX_ROLES = 100;

export function createVouching(policy: AccessPolicy): VouchFor {
  return ({ principal, roles = DEFAULT_ROLES }) => {
    const name = checkName(principal);
    if (roles.length > MAX_ROLES) throw invalidArgument(`roles: expected at most ${MAX_ROLES}, got ${roles.length}`);
    for (const [index, role] of roles.entries()) {
      if (policy.actionsOf(role) !== undefined) continue;
      const known = policy.roleNames();
      const hint = didYouMean(role, known, "'") || ` (roles: ${known.join(', ')})`;
      throw invalidArgument(`roles[${index}]: there is no role ${quoted(role)}${hint}`);
    }
    return policy.principalOf({ kind: 'app', name: `app:${name}`, grants: roles.map((role) => ({ role })) });
  };
}

function checkName(name: unknown): string {
  if (typeof name !== 'string') throw invalidArgument(`principal: expected a name, got ${typeof name}`);
  const problem = name === '' ? 'an empty text' : foreignNameProblem(name);
  if (problem === undefined) return name;
  throw invalidArgument(`principal: expected a name, got ${problem}`);
}
