import { InvalidArgumentError } from 'commander';

/** What a key may do: a role, and on what. */
export interface GrantFlag {
  readonly role: string;
  readonly models?: readonly string[];
}

/** `caller`, `caller=fraud*,churn`. */
export function parseGrant(text: string): GrantFlag {
  const at = text.indexOf('=');
  const role = at < 0 ? text : text.slice(0, at);
  const models = at < 0 ? undefined : text.slice(at + 1).split(',');
  if (role === '' || models?.includes('')) {
    throw new InvalidArgumentError(`Expected a role, or a role and names such as caller=fraud*,churn; got '${text}'.`);
  }
  return { role, ...(models && { models }) };
}
