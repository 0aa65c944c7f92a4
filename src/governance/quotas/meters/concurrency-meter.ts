import type { Meter, Standing } from './meter.js';

/** When to come back where that depends on requests that are running: nobody knows, and it is not long. */
const SOON_MS = 1_000;

/** So many at the same time. What was taken is given back by a correction. */
export class ConcurrencyMeter implements Meter {
  readonly #limit: number;
  #running = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  waitMs(amount: number): number {
    if (amount > this.#limit) return Number.POSITIVE_INFINITY;
    return this.#running + amount <= this.#limit ? 0 : SOON_MS;
  }

  take(amount: number): void {
    this.#running += amount;
  }

  correct(difference: number): void {
    this.#running += difference;
  }

  standing(): Standing {
    return { remaining: Math.max(0, this.#limit - this.#running), resetMs: 0 };
  }
}
