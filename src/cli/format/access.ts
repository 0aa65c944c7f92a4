import type { Explanation, PlacedGrant } from '../../api/index.js';

/** Whether somebody may do something, and why. */
export function formatExplanation({ allowed, seen, resource, because, has, would_do }: Explanation): string {
  const lines = (grants: readonly PlacedGrant[]) =>
    grants.map(({ role, models = ['*'], except = [], place }) => {
      const left = except.length === 0 ? '' : ` except ${except.join(' ')}`;
      return `  ${role}${left} on ${models.join(' ')} (${place})`;
    });
  if (allowed) return ['yes, by', ...lines(because), ''].join('\n');
  const answer = seen ? '403' : `404, as if there were no '${resource}'`;
  const roles = has.length === 0 ? ['  no role at all'] : lines(has);
  return [`no (${answer}); there is only`, ...roles, `roles that would do: ${would_do.join(', ') || 'none'}`, ''].join(
    '\n',
  );
}
