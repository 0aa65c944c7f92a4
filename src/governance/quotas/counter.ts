import type { QuotaStanding, QuotaUnit } from '../../core/index.js';
import type { AmountKind } from './amounts.js';
import { LIMIT_NAMES, LIMITS, type LimitName } from './limits.js';
import { ConcurrencyMeter } from './meters/concurrency-meter.js';
import { DayMeter } from './meters/day-meter.js';
import type { Meter, Moment } from './meters/meter.js';
import { RateMeter } from './meters/rate-meter.js';
import { WindowMeter } from './meters/window-meter.js';
import type { QuotaConfig } from './options.js';
import type { Whose } from './scope.js';

interface MeteredLimitParts {
  readonly quota: string;
  readonly name: LimitName;
  readonly limit: number;
  readonly windowMs: number | undefined;
  readonly meter: Meter;
}

/** One limit of a counter. */
export class MeteredLimit {
  readonly quota: string;
  readonly name: LimitName;
  readonly counts: AmountKind;
  /** As configured; of requests a second the burst. */
  readonly limit: number;
  readonly windowMs: number | undefined;
  readonly meter: Meter;
  readonly #policy: string;
  readonly #unit: QuotaUnit;

  constructor({ quota, name, limit, windowMs, meter }: MeteredLimitParts) {
    this.quota = quota;
    this.name = name;
    this.counts = LIMITS[name].counts;
    this.limit = limit;
    this.windowMs = windowMs;
    this.meter = meter;
    this.#policy = `${quota}/${name}`;
    this.#unit = LIMITS[name].unit;
  }

  standing(moment: Moment): CurrentStanding {
    const { remaining, resetMs } = this.meter.standing(moment);
    const { limit, windowMs } = this;
    return { policy: this.#policy, unit: this.#unit, limit, windowMs, remaining, resetMs };
  }
}

/** How a limit stood when it was last looked at. */
export interface CurrentStanding extends QuotaStanding {
  remaining: number;
  resetMs: number;
}

/** What is counted of a quota for one of those whom it counts by themselves. */
export class Counter {
  readonly quota: QuotaConfig;
  readonly whose: Whose;
  readonly limits: readonly MeteredLimit[];
  /** Reservations that are not settled. */
  open = 0;
  /** Another has taken its place. */
  isForgotten = false;

  constructor(quota: QuotaConfig, whose: Whose) {
    this.quota = quota;
    this.whose = whose;
    this.limits = LIMIT_NAMES.flatMap((name) => meteredLimit(quota, name) ?? []);
  }

  /** Forgetting it changes nothing. */
  isIdle(moment: Moment): boolean {
    return this.open === 0 && this.limits.every(({ meter }) => meter.standing(moment).resetMs === 0);
  }

  standings(moment: Moment): readonly QuotaStanding[] {
    return this.limits.map((metered) => metered.standing(moment));
  }
}

function meteredLimit(quota: QuotaConfig, name: LimitName): MeteredLimit | undefined {
  const limit = quota[name];
  if (limit === undefined) return undefined;
  const about = { quota: quota.name, name, limit, windowMs: LIMITS[name].windowMs };
  switch (name) {
    case 'requestsPerSecond': {
      const burst = quota.burst ?? Math.ceil(limit);
      const windowMs = limit === 0 ? about.windowMs : (burst / limit) * 1_000;
      return new MeteredLimit({
        ...about,
        limit: limit === 0 ? 0 : burst,
        windowMs,
        meter: new RateMeter(limit, burst),
      });
    }
    case 'rowsPerSecond':
    case 'bytesPerSecond':
      return new MeteredLimit({ ...about, meter: new RateMeter(limit, limit) });
    case 'tokensPerMinute':
    case 'computeMsPerMinute':
      return new MeteredLimit({ ...about, meter: new WindowMeter(limit, LIMITS[name].windowMs) });
    case 'tokensPerDay':
    case 'bytesPerDay':
      return new MeteredLimit({ ...about, meter: new DayMeter(limit) });
    case 'concurrent':
      return new MeteredLimit({ ...about, meter: new ConcurrencyMeter(limit) });
    default:
      return name satisfies never;
  }
}
