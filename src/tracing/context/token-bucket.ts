import type { Clock } from '../../core/index.js';

/** At most so many a second, on average and in a burst. */
export class TokenBucket {
  readonly #clock: Clock;
  readonly #perSecond: number;
  readonly #capacity: number;
  #tokens: number;
  #refilledAt: number;

  /** `perSecond` below 1 adds up to one; 0 = none. */
  constructor(perSecond: number, clock: Clock) {
    this.#clock = clock;
    this.#perSecond = perSecond;
    this.#capacity = perSecond === 0 ? 0 : Math.max(1, perSecond);
    this.#tokens = this.#capacity;
    this.#refilledAt = clock.now();
  }

  /** False where there are too many. */
  take(): boolean {
    const now = this.#clock.now();
    const refill = ((now - this.#refilledAt) * this.#perSecond) / 1_000;
    this.#tokens = Math.min(this.#capacity, this.#tokens + refill);
    this.#refilledAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
