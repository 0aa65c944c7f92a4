/** A role on what has a name of one of the patterns, and where it is written. */
interface GrantRow {
  readonly role: string;
  readonly models?: readonly string[];
  /** Actions of the role that it does not give. */
  readonly except?: readonly string[];
  readonly place: string;
}

/** Whether somebody may do something, and why; as the server's API has it. */
export interface ExplanationRow {
  readonly principal: string;
  readonly groups: readonly string[];
  readonly action: string;
  readonly resource: string;
  readonly allowed: boolean;
  /** Where it is not allowed: whether it would be 403, and not 404. */
  readonly seen: boolean;
  readonly because: readonly GrantRow[];
  readonly has: readonly GrantRow[];
  readonly would_do: readonly string[];
}

export function formatExplanation({ allowed, seen, resource, because, has, would_do }: ExplanationRow): string {
  const lines = (grants: readonly GrantRow[]) =>
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
