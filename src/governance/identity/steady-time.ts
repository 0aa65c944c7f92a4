import type { Clock } from '../../core/index.js';

/**
 * Wall time that never goes back, and goes on while the wall clock is behind: what has expired stays expired, whatever is done to the
 * clock of the machine meanwhile.
 */
export class SteadyTime {
  readonly #clock: Clock;
  #latestMs: number;
  #at: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#latestMs = clock.wallNow();
    this.#at = clock.now();
  }

  /** Whole milliseconds since the Unix epoch. */
  now(): number {
    const at = this.#clock.now();
    this.#latestMs = Math.max(this.#clock.wallNow(), this.#latestMs + (at - this.#at));
    this.#at = at;
    return Math.floor(this.#latestMs);
  }
}
