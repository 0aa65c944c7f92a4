import type { QuotaStanding } from '../core/index.js';

type Headers = readonly (readonly [string, string])[];

/** Limits that are named; of more, the tightest. Clients refuse large headers with the whole answer. */
const MAX_NAMED = 16;
const NONE: Headers = [];

/** Of a policy what is the same in all answers. */
interface PolicyText {
  readonly standing: QuotaStanding;
  /** What is said of it in `ratelimit-policy`. */
  readonly whole: string;
  /** How what is said of it in `ratelimit` begins. */
  readonly left: string;
}

const MAX_REMEMBERED = 1_000;
const texts = new Map<string, PolicyText>();

/**
 * `ratelimit-policy` and `ratelimit` of draft-ietf-httpapi-ratelimit-headers-11: the limits that a call counts against, and what is left of
 * them. None where there are none.
 */
export function quotaHeaders(standings: readonly QuotaStanding[]): Headers {
  if (standings.length === 0) return NONE;
  const named = standings.length <= MAX_NAMED ? standings : standings.toSorted(byTightness).slice(0, MAX_NAMED);
  let policies = '';
  let left = '';
  for (const standing of named) {
    const text = textOf(standing);
    const separator = policies === '' ? '' : ', ';
    policies += separator + text.whole;
    left += separator + text.left + Math.floor(standing.remaining);
    if (standing.resetMs > 0) left += `;t=${toSeconds(standing.resetMs)}`;
  }
  return [
    ['ratelimit-policy', policies],
    ['ratelimit', left],
  ];
}

/** Servers of one process may have policies of the same name. */
function textOf(standing: QuotaStanding): PolicyText {
  const { policy, unit, limit, windowMs } = standing;
  const known = texts.get(policy);
  if (known !== undefined && isSame(known.standing, standing)) return known;
  // Structured fields: a string and its parameters. Names of quotas have no characters that need care.
  const window = windowMs === undefined ? '' : `;w=${toSeconds(windowMs)}`;
  const whole = `"${policy}";q=${Math.floor(limit)}${window};qu="${unit}"`;
  const text = { standing, whole, left: `"${policy}";r=` };
  if (texts.size >= MAX_REMEMBERED) texts.clear();
  texts.set(policy, text);
  return text;
}

function isSame(one: QuotaStanding, other: QuotaStanding): boolean {
  return one.limit === other.limit && one.windowMs === other.windowMs && one.unit === other.unit;
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
