import type { MillraceError } from '../../../core/index.js';

/** By which the clients of OpenAI and Anthropic know, more exactly than by others, when to try again, and whether. */
export function retryHeaders({ code, reason, retryAfterMs }: MillraceError): Readonly<Record<string, string>> {
  if (reason === 'insufficient_quota' || reason === 'schema_mismatch') return { 'x-should-retry': 'false' };
  if (code !== 'quota_exceeded') return {};
  return retryAfterMs === undefined ? {} : { 'retry-after-ms': String(Math.ceil(retryAfterMs)) };
}
