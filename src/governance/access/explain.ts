import type { Action } from '../../core/index.js';
import type { PlacedGrant } from './binding.js';
import type { AccessPolicy, Identity } from './policy.js';
import { createRights } from './rights.js';

export interface Question {
  readonly identity: Identity;
  readonly action: Action;
  /** As the caller writes it; '' = the server, '*' = everything. */
  readonly resource: string;
}

/** Whether somebody may do something, and why. */
export interface Explanation {
  readonly isAllowed: boolean;
  /** Whether it would be 403, and not as if there were no such name. */
  readonly isSeen: boolean;
  /** Each of these alone gives the right. */
  readonly because: readonly PlacedGrant[];
  /** All that there is, which does not. Empty where it is allowed. */
  readonly has: readonly PlacedGrant[];
  /** Roles that would give the right there. */
  readonly wouldDo: readonly string[];
}

/** Says which lines decide whether somebody may do something. */
export function explainAccess(policy: AccessPolicy, { identity, action, resource }: Question): Explanation {
  const grants = policy.grantsOf(identity);
  const because = grants.filter((grant) => createRights([grant], policy.roles).allow(action, resource));
  const isNamed = resource !== '' && resource !== '*';
  return {
    isAllowed: because.length > 0,
    isSeen: !isNamed || createRights(grants, policy.roles).sees(resource),
    because,
    has: because.length > 0 ? [] : grants,
    wouldDo: policy.roleNames().filter((role) => policy.actionsOf(role)?.includes(action)),
  };
}
