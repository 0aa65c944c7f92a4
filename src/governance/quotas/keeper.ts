import type { Clock, QuotaStanding } from '../../core/index.js';
import type { Amounts } from './amounts.js';
import { Counters } from './counters.js';
import { hasLimits, isOfDay, LIMITS, type LimitName } from './limits.js';
import { type DayCount, DayMeter } from './meters/day-meter.js';
import { ClockMoment, type Moment } from './meters/meter.js';
import type { QuotaConfig, QuotasOptions } from './options.js';
import { refusalOf } from './refusal.js';
import { LocalReservation, type Refusal, type Reservation } from './reservation.js';
import type { Caller, Whose } from './scope.js';
import type { Tally } from './tally.js';

/**
 * Who keeps count of quotas. Local counters answer at once; those that replicas share may take a while, which is why callers go on by
 * `whenReady`.
 */
export interface QuotaKeeper {
  /**
   * Reserves what a request may take of all quotas that it counts against, or of none where one of them has not got it: the one that
   * takes longest to have it is named. undefined = no quota is about it.
   */
  reserve(
    caller: Caller,
    model: string,
    amounts: Amounts,
  ): Reservation | Refusal | undefined | Promise<Reservation | Refusal | undefined>;
  /**
   * Reserves a place for a request whose model is not known yet: of `concurrent` of all quotas about all models together. To be settled
   * before what {@link reserve} takes. undefined = no quota is about it.
   */
  enter(caller: Caller): Reservation | Refusal | undefined;
  /** What is counted now; with a caller, what counts for this one. */
  list(caller: Caller | undefined): readonly CountedQuota[] | Promise<readonly CountedQuota[]>;
}

/** What is left of a quota for one of those whom it counts by themselves. */
export interface CountedQuota {
  readonly quota: QuotaConfig;
  readonly whose: Whose;
  readonly standings: readonly QuotaStanding[];
}

/** What has been used of a limit of a day: what outlives the process. */
export interface KeptCount extends DayCount {
  readonly limit: LimitName;
  readonly whose: Whose;
}

/** Most counters in memory, whatever comes. */
const MAX_COUNTERS = 200_000;

const ONE_PLACE: Amounts = { requests: 0, running: 1, rows: 0, tokens: undefined, bytes: 0, computeMs: 0 };

type QuotaClock = Pick<Clock, 'now' | 'wallNow'>;

/** Keeps count in this process. */
export class LocalQuotaKeeper implements QuotaKeeper {
  readonly #counters: Counters;
  readonly #now: () => Moment;
  /** No quota limits anything. */
  readonly isEmpty: boolean;
  /** Quotas with limits of a day. */
  readonly ofDays: readonly QuotaConfig[];

  constructor(quotas: QuotasOptions, clock: QuotaClock, maxCounters = MAX_COUNTERS) {
    this.#counters = new Counters(quotas, maxCounters);
    this.isEmpty = !quotas.some(hasLimits);
    this.ofDays = quotas.filter((quota) => DAYS.some((name) => quota[name] !== undefined));
    this.#now = () => new ClockMoment(clock);
  }

  /** Counters that are in memory. */
  get size(): number {
    return this.#counters.size;
  }

  reserve(caller: Caller, model: string, amounts: Amounts): Reservation | Refusal | undefined {
    const moment = this.#now();
    return this.#take(this.#counters.find(caller, model, moment), amounts, moment);
  }

  enter(caller: Caller): Reservation | Refusal | undefined {
    const moment = this.#now();
    return this.#take(this.#counters.findPlaces(caller, moment), ONE_PLACE, moment);
  }

  #take(tally: Tally, amounts: Amounts, moment: Moment): Reservation | Refusal | undefined {
    if (tally.isEmpty) return undefined;
    const shortage = tally.shortage(amounts, moment);
    if (shortage === undefined) return new LocalReservation(tally, { amounts, moment, now: this.#now });
    return {
      kind: 'refused',
      error: refusalOf(shortage, moment),
      standings: () => tally.standings(this.#now()),
    };
  }

  list(caller: Caller | undefined): readonly CountedQuota[] {
    const moment = this.#now();
    // What a caller has not used yet is shown as well, where it does not take a model to say which it is.
    if (caller !== undefined) this.#counters.prepare(caller);
    const listed = [...this.#counters.all()].filter(({ whose }) => caller === undefined || isAbout(whose, caller));
    return listed.map((counter) => ({
      quota: counter.quota,
      whose: counter.whose,
      standings: counter.standings(moment),
    }));
  }

  /** What is to be kept, by quota. */
  dayCounts(): ReadonlyMap<QuotaConfig, readonly KeptCount[]> {
    const counts = new Map<QuotaConfig, KeptCount[]>(this.ofDays.map((quota) => [quota, []]));
    for (const { quota, whose, limits } of this.#counters.all()) {
      for (const { name, meter } of limits) {
        const count = meter instanceof DayMeter ? meter.count : undefined;
        if (count !== undefined) counts.get(quota)?.push({ ...count, limit: name, whose });
      }
    }
    return counts;
  }

  /** Goes on with what was kept of a quota. */
  resume(quota: QuotaConfig, kept: readonly KeptCount[]): void {
    for (const { limit, whose, ...count } of kept) {
      const counter = this.#counters.get(quota, whose);
      const metered = counter.limits.find(({ name }) => name === limit);
      if (metered?.meter instanceof DayMeter) metered.meter.resume(count, this.#now());
    }
  }
}

const DAYS = (Object.keys(LIMITS) as LimitName[]).filter(isOfDay);

function isAbout({ principal, group }: Whose, { id, groups }: Caller): boolean {
  return (principal === undefined || principal === id) && (group === undefined || groups.includes(group));
}
