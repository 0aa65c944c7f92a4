import type { QuotaStanding } from '../core/index.js';

type Headers = readonly (readonly [string, string])[];

/** Limits that are named; of more, the tightest. Clients refuse large headers with the whole answer. */
const MAX_NAMED = 16;
const NONE: Headers = [];

/**
 * `ratelimit-policy` and `ratelimit` of draft-ietf-httpapi-ratelimit-headers-11: the limits that a call counts against, and what is left of
 * them. None where there are none.
 */
export function quotaHeaders(standings: readonly QuotaStanding[]): Headers {
  if (standings.length === 0) return NONE;
  const named = standings.length <= MAX_NAMED ? standings : standings.toSorted(byTightness).slice(0, MAX_NAMED);
  return [
    ['ratelimit-policy', named.map(policyOf).join(', ')],
    ['ratelimit', named.map(leftOf).join(', ')],
  ];
}

/** Structured fields: a string and its parameters. Names of quotas have no characters that need care. */
function policyOf({ policy, unit, limit, windowMs }: QuotaStanding): string {
  const window = windowMs === undefined ? '' : `;w=${toSeconds(windowMs)}`;
  return `"${policy}";q=${Math.floor(limit)}${window};qu="${unit}"`;
}

function leftOf({ policy, remaining, resetMs }: QuotaStanding): string {
  const reset = resetMs > 0 ? `;t=${toSeconds(resetMs)}` : '';
  return `"${policy}";r=${Math.floor(remaining)}${reset}`;
}

function toSeconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1_000));
}

function byTightness(one: QuotaStanding, other: QuotaStanding): number {
  return shareOf(one) - shareOf(other);
}

function shareOf({ remaining, limit }: QuotaStanding): number {
  return limit === 0 ? 0 : remaining / limit;
}
