import type { QuotaStanding } from '../core/index.js';

type Headers = readonly (readonly [string, string])[];

/** Limits that are named; of more, the tightest. Clients refuse large headers with the whole answer. */
const MAX_NAMED = 16;
const NONE: Headers = [];

/** Of a limit what has been said last. */
interface LimitText {
  readonly standing: QuotaStanding;
  /** What is said of it in `ratelimit-policy`. */
  readonly policy: string;
  /** What is said of it in `ratelimit`, and of which numbers. */
  left: string;
  remaining: number;
  resetSeconds: number;
}

/** What is said of limits that come together. */
interface PolicyText {
  readonly limits: readonly LimitText[];
  readonly text: string;
}

const NO_POLICY: PolicyText = { limits: [], text: '' };
const MAX_REMEMBERED = 1_000;
const limitTexts = new Map<string, LimitText>();
/** Of the answer before: most say the same. */
let lastPolicy = NO_POLICY;

/**
 * `ratelimit-policy` and `ratelimit` of draft-ietf-httpapi-ratelimit-headers-11: the limits that a call counts against, and what is left of
 * them. None where there are none.
 */
export function quotaHeaders(standings: readonly QuotaStanding[]): Headers {
  if (standings.length === 0) return NONE;
  const named = standings.length <= MAX_NAMED ? standings : standings.toSorted(byTightness).slice(0, MAX_NAMED);
  if (!isOf(lastPolicy, named)) lastPolicy = policyOf(named);
  const { limits, text } = lastPolicy;
  let left = '';
  for (let index = 0; index < named.length; index++) {
    const said = leftOf(limits[index] as LimitText, named[index] as QuotaStanding);
    left = index === 0 ? said : `${left}, ${said}`;
  }
  return [
    ['ratelimit-policy', text],
    ['ratelimit', left],
  ];
}

function isOf({ limits }: PolicyText, standings: readonly QuotaStanding[]): boolean {
  if (limits.length !== standings.length) return false;
  for (let index = 0; index < limits.length; index++) {
    const known = (limits[index] as LimitText).standing;
    const standing = standings[index] as QuotaStanding;
    if (known !== standing && !isSame(known, standing)) return false;
  }
  return true;
}

function policyOf(standings: readonly QuotaStanding[]): PolicyText {
  const limits = standings.map(textOf);
  return { limits, text: limits.map(({ policy }) => policy).join(', ') };
}

/** Servers of one process may have limits of the same name that differ. */
function textOf(standing: QuotaStanding): LimitText {
  const { policy: name, unit, limit, windowMs } = standing;
  const known = limitTexts.get(name);
  if (known !== undefined && isSame(known.standing, standing)) return known;
  // Structured fields: a string and its parameters. Names of quotas have no characters that need care.
  const window = windowMs === undefined ? '' : `;w=${toSeconds(windowMs)}`;
  const policy = `"${name}";q=${Math.floor(limit)}${window};qu="${unit}"`;
  const text = { standing, policy, left: '', remaining: -1, resetSeconds: -1 };
  if (limitTexts.size >= MAX_REMEMBERED) limitTexts.clear();
  limitTexts.set(name, text);
  return text;
}

function leftOf(text: LimitText, { policy, remaining, resetMs }: QuotaStanding): string {
  const whole = Math.floor(remaining);
  const resetSeconds = resetMs > 0 ? toSeconds(resetMs) : 0;
  if (text.remaining !== whole || text.resetSeconds !== resetSeconds) {
    text.remaining = whole;
    text.resetSeconds = resetSeconds;
    text.left = `"${policy}";r=${whole}${resetSeconds > 0 ? `;t=${resetSeconds}` : ''}`;
  }
  return text.left;
}

function isSame(one: QuotaStanding, other: QuotaStanding): boolean {
  return (
    one.policy === other.policy &&
    one.limit === other.limit &&
    one.windowMs === other.windowMs &&
    one.unit === other.unit
  );
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
