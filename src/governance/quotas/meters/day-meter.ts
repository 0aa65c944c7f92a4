import type { Meter, Moment, Standing } from './meter.js';

const DAY_MS = 86_400_000;

/** What has been used of a day, by its number since the Unix epoch. */
export interface DayCount {
  readonly day: number;
  readonly used: number;
}

/**
 * So much a day of UTC. A clock that is put back goes on with the day that has begun, so that nothing is given twice; where it stays
 * behind, the day ends after 24 hours all the same.
 */
export class DayMeter implements Meter {
  readonly #limit: number;
  #day = Number.NEGATIVE_INFINITY;
  #used = 0;
  /** By the clock that only grows. */
  #sinceMs = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** What is to be counted on with after a restart; undefined where nothing has been used. */
  get count(): DayCount | undefined {
    return this.#used === 0 ? undefined : { day: this.#day, used: this.#used };
  }

  /** Goes on with what was counted before a restart. */
  resume({ day, used }: DayCount, { atMs }: Moment): void {
    this.#day = day;
    this.#used = used;
    this.#sinceMs = atMs;
  }

  waitMs(amount: number, moment: Moment): number {
    if (this.#limit === 0 || amount > this.#limit) return Number.POSITIVE_INFINITY;
    this.#turn(moment);
    const left = this.#limit - this.#used;
    return (amount === 0 ? left > 0 : left >= amount) ? 0 : this.#endsInMs(moment);
  }

  take(amount: number, moment: Moment): void {
    this.#turn(moment);
    this.#used += amount;
  }

  correct(difference: number, takenAtMs: number, moment: Moment): void {
    this.#turn(moment);
    if (difference > 0) this.#used += difference;
    // What was taken of another day cannot be given back to this one.
    else if (takenAtMs >= this.#sinceMs) this.#used = Math.max(0, this.#used + difference);
  }

  standing(moment: Moment): Standing {
    this.#turn(moment);
    return {
      remaining: Math.max(0, this.#limit - this.#used),
      resetMs: this.#used === 0 ? 0 : this.#endsInMs(moment),
    };
  }

  #turn({ atMs, wallMs }: Moment): void {
    const today = Math.floor(wallMs / DAY_MS);
    if (today <= this.#day && atMs - this.#sinceMs < DAY_MS) return;
    this.#day = today;
    this.#used = 0;
    this.#sinceMs = atMs;
  }

  #endsInMs({ atMs, wallMs }: Moment): number {
    return Math.min((this.#day + 1) * DAY_MS - wallMs, this.#sinceMs + DAY_MS - atMs);
  }
}
