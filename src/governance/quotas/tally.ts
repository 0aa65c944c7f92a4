import type { QuotaStanding } from '../../core/index.js';
import { type Amounts, amountOf, type Used } from './amounts.js';
import type { Counter, CurrentStanding, MeteredLimit } from './counter.js';
import { LIMIT_NAMES, type LimitName } from './limits.js';
import type { Moment } from './meters/meter.js';
import type { Shortage } from './refusal.js';

/** All that requests of one caller to one model count against. */
export class Tally {
  readonly #counters: readonly Counter[];
  readonly #limits: readonly MeteredLimit[];
  #standings: readonly CurrentStanding[] | undefined;

  /** `names`: the limits of the counters that are meant; default: all. */
  constructor(counters: readonly Counter[], names: readonly LimitName[] = LIMIT_NAMES) {
    this.#counters = counters;
    this.#limits = counters.flatMap(({ limits }) => limits.filter(({ name }) => names.includes(name)));
  }

  /** No quota is about them. */
  get isEmpty(): boolean {
    return this.#counters.length === 0;
  }

  /** Another has taken the place of one of its counters. */
  get isOutdated(): boolean {
    for (const counter of this.#counters) if (counter.isForgotten) return true;
    return false;
  }

  /** The limit that takes longest to have what is asked for; undefined where all of them have it. */
  shortage(amounts: Amounts, moment: Moment): Shortage | undefined {
    let worst: Shortage | undefined;
    for (const metered of this.#limits) {
      const amount = amountOf(amounts, metered.counts);
      if (amount === undefined) continue;
      const waitMs = metered.meter.waitMs(amount, moment);
      if (waitMs > (worst?.waitMs ?? 0)) worst = { metered, amount, waitMs };
    }
    return worst;
  }

  take(amounts: Amounts, moment: Moment): void {
    for (const counter of this.#counters) counter.open++;
    for (const { counts, meter } of this.#limits) meter.take(amountOf(amounts, counts) ?? 0, moment);
  }

  /** Counts what was used in place of what was taken, and ends what runs. */
  correct({ taken, takenAtMs, used }: Correction, moment: Moment): void {
    for (const counter of this.#counters) counter.open--;
    for (const { counts, meter } of this.#limits) {
      const difference = (amountOf(used, counts) ?? 0) - (amountOf(taken, counts) ?? 0);
      if (difference !== 0) meter.correct(difference, takenAtMs, moment);
    }
  }

  /** How all limits stand: the same objects each time, which say what is so now. */
  standings(moment: Moment): readonly QuotaStanding[] {
    this.#standings ??= this.#limits.map((metered) => metered.standing(moment));
    for (let index = 0; index < this.#limits.length; index++) {
      const { remaining, resetMs } = (this.#limits[index] as MeteredLimit).meter.standing(moment);
      const current = this.#standings[index] as CurrentStanding;
      current.remaining = remaining;
      current.resetMs = resetMs;
    }
    return this.#standings;
  }
}

interface Correction {
  readonly taken: Amounts;
  readonly takenAtMs: number;
  readonly used: Used;
}
