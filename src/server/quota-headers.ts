import type { QuotaStanding } from '../core/index.js';

type Headers = readonly (readonly [string, string])[];

/** Limits that are named; of more, the tightest. Clients refuse large headers with the whole answer. */
const MAX_NAMED = 16;
const NONE: Headers = [];

const MAX_REMEMBERED = 1_000;

/** Texts of a limit, and the numbers that they contain. */
interface LimitText {
  readonly standing: QuotaStanding;
  /** In `ratelimit-policy`. */
  readonly policy: string;
  /** In `ratelimit`. */
  left: string;
  remaining: number;
  resetSeconds: number;
}

/** `ratelimit-policy` of several limits. */
interface PolicyText {
  readonly limits: readonly LimitText[];
  readonly text: string;
}

/** Formats the quota headers of a server. Keeps texts, since most answers have the limits of the one before. */
export class QuotaHeaders {
  readonly #limitTexts = new Map<string, LimitText>();
  #lastPolicy: PolicyText = { limits: [], text: '' };

  /**
   * `ratelimit-policy` and `ratelimit` of draft-ietf-httpapi-ratelimit-headers-11: the limits that a call counts against, and what is
   * left of them. Empty without limits.
   */
  of(standings: readonly QuotaStanding[]): Headers {
    if (standings.length === 0) return NONE;
    const named = standings.length <= MAX_NAMED ? standings : standings.toSorted(byTightness).slice(0, MAX_NAMED);
    if (!isOf(this.#lastPolicy, named)) this.#lastPolicy = this.#policyOf(named);
    const { limits, text } = this.#lastPolicy;
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

  #policyOf(standings: readonly QuotaStanding[]): PolicyText {
    const limits = standings.map((standing) => this.#textOf(standing));
    return { limits, text: limits.map(({ policy }) => policy).join(', ') };
  }

  #textOf(standing: QuotaStanding): LimitText {
    const { policy: name } = standing;
    const known = this.#limitTexts.get(name);
    if (known !== undefined && isSame(known.standing, standing)) return known;
    const text = { standing, policy: formatPolicy(standing), left: '', remaining: -1, resetSeconds: -1 };
    if (this.#limitTexts.size >= MAX_REMEMBERED) this.#limitTexts.clear();
    this.#limitTexts.set(name, text);
    return text;
  }
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

/** A string of RFC 8941 with its parameters. Names of quotas need no escapes. */
function formatPolicy({ policy: name, unit, limit, windowMs }: QuotaStanding): string {
  const window = windowMs === undefined ? '' : `;w=${toSeconds(windowMs)}`;
  return `"${name}";q=${Math.floor(limit)}${window};qu="${unit}"`;
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
