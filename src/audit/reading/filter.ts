import { parsePatterns } from '../../text/index.js';
import type { EntryFields } from '../entries.js';

/** What is looked for; what is left out may be anything. `*` stands for any text in names. */
export interface AuditFilter {
  /** Milliseconds since the Unix epoch. */
  readonly sinceMs?: number | undefined;
  readonly untilMs?: number | undefined;
  readonly principal?: string | undefined;
  readonly action?: string | undefined;
  readonly resource?: string | undefined;
  /** `ok`, an error code, or `unknown` of a change whose end is not known. */
  readonly outcome?: string | undefined;
}

/** Whether an entry is looked for. */
export function createFilter(filter: AuditFilter): (entry: EntryFields) => boolean {
  const { sinceMs = Number.NEGATIVE_INFINITY, untilMs = Number.POSITIVE_INFINITY, outcome } = filter;
  const names = (['principal', 'action', 'resource'] as const).flatMap((name) => {
    const pattern = filter[name];
    return pattern === undefined ? [] : [{ name, matches: parsePatterns([pattern]).matches }];
  });
  return (entry) => {
    const atMs = Date.parse(String(entry.time));
    if (atMs < sinceMs || atMs >= untilMs) return false;
    if (outcome !== undefined && entry.outcome !== outcome) return false;
    return names.every(({ name, matches }) => typeof entry[name] === 'string' && matches(entry[name]));
  };
}
