import type { Clock } from '../../core/index.js';

/** How long one turn of the event loop is held up: less than callers wait for each other anyway. */
const SLICE_MS = 0.1;
/** Where turns are long, there is that share of the time for it, so that it gets on. */
const SHARE = 0.25;
const MOST_MS = 2;

/** Does what nobody waits for: in order, a little in each turn of the event loop. */
export class SpareTime {
  readonly #clock: Clock;
  readonly #jobs: (() => void)[] = [];
  /** Clock time at which the slice before ended, or the first of these jobs came. */
  #since = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** In a later turn. A job takes microseconds, and must not throw; what takes longer does the rest as a further job. */
  do(job: () => void): void {
    this.#jobs.push(job);
    if (this.#jobs.length > 1) return;
    this.#since = this.#clock.now();
    this.#clock.defer(this.#work);
  }

  readonly #work = (): void => {
    const startedAt = this.#clock.now();
    const until = startedAt + Math.min(MOST_MS, Math.max(SLICE_MS, SHARE * (startedAt - this.#since)));
    // A job stays in the list while it runs, so that what it asks for does not begin another turn.
    do {
      this.#jobs[0]?.();
      this.#jobs.shift();
      this.#since = this.#clock.now();
    } while (this.#jobs.length > 0 && this.#since < until);
    if (this.#jobs.length > 0) this.#clock.defer(this.#work);
  };
}
