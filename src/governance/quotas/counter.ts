import type { QuotaStanding } from '../../core/index.js';
import { LIMIT_NAMES, LIMITS, type LimitName } from './limits.js';
import { ConcurrencyMeter } from './meters/concurrency-meter.js';
import { DayMeter } from './meters/day-meter.js';
import type { Meter, Moment } from './meters/meter.js';
import { RateMeter } from './meters/rate-meter.js';
import { WindowMeter } from './meters/window-meter.js';
import type { QuotaConfig } from './options.js';
import type { Whose } from './scope.js';

/** One limit of a counter. */
export interface MeteredLimit {
  readonly name: LimitName;
  /** As configured; of requests a second the burst. */
  readonly limit: number;
  readonly windowMs: number | undefined;
  readonly meter: Meter;
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
    return this.limits.map(({ name, limit, windowMs, meter }) => ({
      policy: `${this.quota.name}/${name}`,
      unit: LIMITS[name].unit,
      limit,
      windowMs,
      ...meter.standing(moment),
    }));
  }
}

function meteredLimit(quota: QuotaConfig, name: LimitName): MeteredLimit | undefined {
  const limit = quota[name];
  if (limit === undefined) return undefined;
  const { windowMs } = LIMITS[name];
  switch (name) {
    case 'requestsPerSecond': {
      const burst = quota.burst ?? Math.ceil(limit);
      const fillMs = limit === 0 ? windowMs : (burst / limit) * 1_000;
      return { name, limit: limit === 0 ? 0 : burst, windowMs: fillMs, meter: new RateMeter(limit, burst) };
    }
    case 'rowsPerSecond':
    case 'bytesPerSecond':
      return { name, limit, windowMs, meter: new RateMeter(limit, limit) };
    case 'tokensPerMinute':
    case 'computeMsPerMinute':
      return { name, limit, windowMs, meter: new WindowMeter(limit, LIMITS[name].windowMs) };
    case 'tokensPerDay':
    case 'bytesPerDay':
      return { name, limit, windowMs, meter: new DayMeter(limit) };
    case 'concurrent':
      return { name, limit, windowMs, meter: new ConcurrencyMeter(limit) };
    default:
      return name satisfies never;
  }
}
