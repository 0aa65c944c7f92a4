import type { Meter, Moment, Standing } from './meter.js';

/**
 * So much a second, and so much at once (the generic cell rate algorithm: one number, the moment at which nothing counts any more). What
 * is larger than the burst may be taken where nothing else counts, and is paid off after that; over time the rate is kept exactly.
 */
export class RateMeter implements Meter {
  readonly #perMs: number;
  readonly #burst: number;
  #clearAtMs = Number.NEGATIVE_INFINITY;

  constructor(perSecond: number, burst: number) {
    this.#perMs = perSecond / 1_000;
    this.#burst = burst;
  }

  waitMs(amount: number, { atMs }: Moment): number {
    if (this.#perMs === 0 || this.#burst === 0) return Number.POSITIVE_INFINITY;
    const room = this.#burst - Math.min(amount, this.#burst);
    const waitMs = this.#owedMs(atMs) - room / this.#perMs;
    // Nothing may be asked for as long as the whole burst counts; the rounding of a number of this size is no wait.
    return waitMs > MIN_WAIT_MS || (amount === 0 && waitMs >= 0) ? Math.max(waitMs, MIN_WAIT_MS) : 0;
  }

  take(amount: number, { atMs }: Moment): void {
    this.#clearAtMs = Math.max(this.#clearAtMs, atMs) + this.#msOf(amount);
  }

  correct(difference: number, _takenAtMs: number, moment: Moment): void {
    if (difference > 0) this.take(difference, moment);
    else this.#clearAtMs += this.#msOf(difference);
  }

  standing({ atMs }: Moment): Standing {
    const owedMs = this.#owedMs(atMs);
    return { remaining: Math.max(0, this.#burst - owedMs * this.#perMs), resetMs: owedMs };
  }

  #owedMs(atMs: number): number {
    return Math.max(0, this.#clearAtMs - atMs);
  }

  #msOf(amount: number): number {
    return this.#perMs === 0 ? 0 : amount / this.#perMs;
  }
}

const MIN_WAIT_MS = 1e-6;
