import { invalidArgument, MillraceError } from '../../core/index.js';
import { type AccessPolicy, keyNameProblem } from '../../governance/index.js';
import { didYouMean } from '../../text/index.js';
import type { KeyWish } from './types.js';

const MAX_LIFE_MS = 36_500 * 86_400_000;

/** Throws `invalid_argument` for a key that cannot be made, and `already_exists` where its name `isTaken`. */
export function checkKeyWish(policy: AccessPolicy, wish: KeyWish, isTaken: (name: string) => boolean): void {
  const { name, grants, groups = [], expiresInMs } = wish;
  const problem = keyNameProblem(name);
  if (problem !== undefined) throw invalidArgument(`name: ${problem}`);
  if (grants.length + groups.length === 0) throw invalidArgument('grants: expected one at least, or a group');
  for (const [index, { role }] of grants.entries()) {
    if (policy.actionsOf(role) !== undefined) continue;
    const known = policy.roleNames();
    const hint = didYouMean(role, known, "'");
    throw invalidArgument(
      `grants[${index}].role: there is no role '${role.slice(0, 80)}'${hint} (roles: ${known.join(', ')})`,
    );
  }
  checkLife(expiresInMs);
  if (isTaken(name)) throw new MillraceError('already_exists', `there is a key '${name}'`);
}

/** Throws `invalid_argument`. */
export function checkLife(expiresInMs: number | undefined): void {
  if (expiresInMs === undefined || (expiresInMs > 0 && expiresInMs <= MAX_LIFE_MS)) return;
  throw invalidArgument('the time until a key expires must be more than nothing, and at most 100 years');
}
