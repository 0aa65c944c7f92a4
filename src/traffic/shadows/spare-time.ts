import type { Clock } from '../../core/index.js';

/** How long one turn of the event loop is held up: less than callers wait for each other anyway. */
const SLICE_MS = 0.1;
/** Where turns are long, there is that share of the time for it, so that it gets on. */
const SHARE = 0.25;
const MOST_MS = 2;

type Job = () => void;

/** Runs jobs that no request waits for: in order, a few in each turn of the event loop. */
export class SpareTime {
  readonly #clock: Clock;
  /**
   * What is left to do, the first last; and what has come since, in its order. Not one list that is shifted: its outgrown tables keep jobs alive
   * until the next full collection of garbage.
   */
  readonly #jobs: Job[] = [];
  readonly #later: Job[] = [];
  #isWaiting = false;
  /** Clock time at which the slice before ended, or the first of these jobs came. */
  #since = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** In a later turn. A job takes microseconds, and must not throw; what takes longer does the rest as a further job. */
  do(job: Job): void {
    this.#later.push(job);
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    this.#since = this.#clock.now();
    this.#clock.defer(this.#work);
  }

  readonly #work = (): void => {
    const startedAt = this.#clock.now();
    const until = startedAt + Math.min(MOST_MS, Math.max(SLICE_MS, SHARE * (startedAt - this.#since)));
    for (let job = this.#take(); job !== undefined; job = this.#since < until ? this.#take() : undefined) {
      job();
      this.#since = this.#clock.now();
    }
    this.#isWaiting = this.#jobs.length + this.#later.length > 0;
    if (this.#isWaiting) this.#clock.defer(this.#work);
  };

  #take(): Job | undefined {
    if (this.#jobs.length === 0) {
      for (let job = this.#later.pop(); job !== undefined; job = this.#later.pop()) this.#jobs.push(job);
    }
    return this.#jobs.pop();
  }
}
