import { MillraceError } from '../../core/index.js';
import type { MeteredLimit } from './counter.js';
import { isOfDay, LIMITS, type LimitName } from './limits.js';
import type { Moment } from './meters/meter.js';

/** A quota is used up. */
export class QuotaExceeded extends MillraceError {
  readonly quota: string;
  readonly limit: LimitName;

  constructor(message: string, about: { quota: string; limit: LimitName; waitMs: number }) {
    const { quota, limit, waitMs } = about;
    super('quota_exceeded', message, {
      ...(Number.isFinite(waitMs) && { retryAfterMs: waitMs }),
      // Of a day, and of what is never given, clients are told not to try again by themselves.
      ...((isOfDay(limit) || !Number.isFinite(waitMs)) && { reason: 'insufficient_quota' }),
    });
    this.name = 'QuotaExceeded';
    this.quota = quota;
    this.limit = limit;
  }
}

/** What was asked of a limit that has not got it. */
export interface Shortage {
  readonly metered: MeteredLimit;
  readonly amount: number;
  readonly waitMs: number;
}

/** The refusal of a request, with why and when to try again. */
export function refusalOf({ metered, amount, waitMs }: Shortage, moment: Moment): QuotaExceeded {
  const { quota, name, limit } = metered;
  return new QuotaExceeded(describe(), { quota, limit: name, waitMs });

  function describe(): string {
    const { words } = LIMITS[name];
    if (limit === 0) return `quota '${quota}' allows no ${words.replace(/ (a|at) .*$/, '')} (${name}: 0)`;
    const allows = `quota '${quota}' allows ${allowance(metered)}`;
    if (!Number.isFinite(waitMs)) {
      return `${allows}, and this request alone may take ${amount}: ask for less`;
    }
    const later = `try again in ${Math.max(1, Math.ceil(waitMs / 1_000))} s`;
    if (name === 'requestsPerSecond' || name === 'concurrent') return `${allows}; ${later}`;
    const left = Math.floor(metered.meter.standing(moment).remaining);
    const wanted = amount === 0 ? '' : `, and this request may take ${amount}`;
    return `${allows}, of which ${left} are left${wanted}; ${later}`;
  }
}

function allowance({ name, limit, windowMs = 0 }: MeteredLimit): string {
  const { words } = LIMITS[name];
  if (name !== 'requestsPerSecond') return `${limit} ${words}`;
  const perSecond = (limit / windowMs) * 1_000;
  return `${Number(perSecond.toFixed(6))} ${words} (${limit} at once)`;
}
