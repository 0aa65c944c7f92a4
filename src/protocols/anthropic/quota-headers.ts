import type { QuotaStanding, QuotaUnit } from '../../core/index.js';
import { scarcest } from '../shared/generation/scarcest.js';

/** Anthropic's `anthropic-ratelimit-*`, of requests and of tokens: of the limit with the least left. `nowMs`: since 1970. */
export function quotaHeaders(standings: readonly QuotaStanding[], nowMs: number): Readonly<Record<string, string>> {
  return { ...headersOf(standings, 'requests', nowMs), ...headersOf(standings, 'tokens', nowMs) };
}

function headersOf(standings: readonly QuotaStanding[], unit: QuotaUnit, nowMs: number) {
  const standing = scarcest(standings, unit);
  if (standing === undefined) return {};
  const { limit, remaining, resetMs } = standing;
  return {
    [`anthropic-ratelimit-${unit}-limit`]: String(Math.floor(limit)),
    [`anthropic-ratelimit-${unit}-remaining`]: String(Math.floor(remaining)),
    // RFC 3339, in whole seconds: no earlier than there is something left.
    [`anthropic-ratelimit-${unit}-reset`]: formatSecond(Math.ceil((nowMs + resetMs) / 1_000)),
  };
}

function formatSecond(seconds: number): string {
  return new Date(seconds * 1_000).toISOString().replace('.000Z', 'Z');
}
