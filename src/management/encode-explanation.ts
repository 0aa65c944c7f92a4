import type { Explanation } from '../api/index.js';
import type { ExplainedAccess } from '../service/index.js';

/** Who may do what, as the API says it. */
export function encodeExplanation({ principal, groups, action, resource, ...found }: ExplainedAccess): Explanation {
  const { isAllowed: allowed, isSeen: seen, because, has, wouldDo } = found;
  return { principal, groups, action, resource, allowed, seen, because, has, would_do: wouldDo };
}
