import type { QuotaStanding } from '../../core/index.js';
import type { Counter } from './counter.js';
import { type Amounts, LIMITS } from './limits.js';
import type { Moment } from './meters/meter.js';
import type { QuotaExceeded } from './refusal.js';

/** What became of a request, in what it has really taken. */
export type Used = Omit<Amounts, 'running'>;

/** What a request may take is taken for it. To be settled once, when it has ended. */
export interface Reservation {
  readonly kind: 'reserved';
  /** Counts what was used in place of what was reserved, and ends what runs. May be repeated; only the first time counts. */
  settle(used: Used): void;
  /** What is left of all that it counts against, at this moment. */
  standings(): readonly QuotaStanding[];
}

/** A request that may not run: nothing was taken for it. */
export interface Refusal {
  readonly kind: 'refused';
  readonly error: QuotaExceeded;
  standings(): readonly QuotaStanding[];
}

/** Reserves the amounts on each of the counters. */
export function reserveOn(counters: readonly Counter[], reserved: Amounts, now: () => Moment): Reservation {
  const begun = now();
  for (const counter of counters) {
    counter.open++;
    for (const { name, meter } of counter.limits) meter.take(reserved[LIMITS[name].counts] ?? 0, begun);
  }
  let isSettled = false;
  return {
    kind: 'reserved',
    standings: () => standingsOf(counters, now()),
    settle(used) {
      if (isSettled) return;
      isSettled = true;
      const ended = now();
      const taken: Amounts = { ...used, running: 0 };
      for (const counter of counters) {
        counter.open--;
        for (const { name, meter } of counter.limits) {
          const kind = LIMITS[name].counts;
          const difference = (taken[kind] ?? 0) - (reserved[kind] ?? 0);
          if (difference !== 0) meter.correct(difference, begun.atMs, ended);
        }
      }
    },
  };
}

export function standingsOf(counters: readonly Counter[], moment: Moment): readonly QuotaStanding[] {
  return counters.flatMap((counter) => counter.standings(moment));
}
