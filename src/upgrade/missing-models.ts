import type { LoadedModels } from './messages.js';

/** Named at most in a message. */
const MAX_NAMED = 3;

/** Why callers would miss models of this server in its successor; undefined = they would not. `served`: names of models that answer here. */
export function missingModels(served: readonly string[], { served: next, failed }: LoadedModels): string | undefined {
  const missing = [...new Set(served)].filter((name) => !next.includes(name));
  if (missing.length === 0) return undefined;
  const named = missing.slice(0, MAX_NAMED).map((name) => {
    const reason = failed.find((each) => each.name === name)?.reason ?? 'it does not load it at its start';
    return `'${name}' (${reason})`;
  });
  const more = missing.length > MAX_NAMED ? ` and ${missing.length - MAX_NAMED} more` : '';
  return `the new process does not serve ${named.join(', ')}${more}`;
}
