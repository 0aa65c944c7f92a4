import { foreignNameProblem } from '../foreign-name.js';
import type { JsonObject } from './decode-token.js';
import type { IssuerOptions } from './options.js';
import { TokenRefusal } from './refusal.js';

const MAX_GROUPS = 1_000;

/** The caller's name within the issuer. Throws {@link TokenRefusal}. */
export function subjectOf(claims: JsonObject, claim: string): string {
  const subject = claimAt(claims, claim);
  if (typeof subject !== 'string' || subject === '') throw new TokenRefusal(`its claim ${claim} is no text`);
  return checkName(subject, claim);
}

/** The caller's groups; none where the claim is not there. Throws {@link TokenRefusal}. */
export function groupsOf(
  claims: JsonObject,
  { groupsClaim, groupsPrefix }: Pick<IssuerOptions, 'groupsClaim' | 'groupsPrefix'>,
): readonly string[] {
  if (groupsClaim === '') return [];
  const value = claimAt(claims, groupsClaim);
  if (value === undefined || value === null) return [];
  const groups: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (groups.length > MAX_GROUPS) throw new TokenRefusal(`its claim ${groupsClaim} has more than ${MAX_GROUPS} groups`);
  const names = groups.map((group) => {
    if (typeof group !== 'string') throw new TokenRefusal(`its claim ${groupsClaim} is no text or list of texts`);
    return `${groupsPrefix}${checkName(group, groupsClaim)}`;
  });
  return [...new Set(names)];
}

function checkName(name: string, claim: string): string {
  const problem = foreignNameProblem(name);
  if (problem !== undefined) throw new TokenRefusal(`its claim ${claim} has ${problem}`);
  return name;
}

/** What has the whole name (`https://example.com/groups`), else what the path leads to (`realm_access.roles`). */
function claimAt(claims: JsonObject, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path];
  let value: unknown = claims;
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as JsonObject)[name];
  }
  return value;
}
