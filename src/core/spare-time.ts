import type { Clock } from './clock.js';

/** A turn of the event loop that took no longer had nothing to do: an empty one takes 1 to 7 µs. */
const IDLE_TURN_MS = 0.02;
/** How long a slice holds up who comes meanwhile. */
const SLICE_MS = 0.03;
/** Where the loop is not idle for so long, this share of the time is taken all the same, so that the work gets on. */
const PATIENCE_MS = 10;
const SHARE = 0.05;
const MOST_MS = 2;

/**
 * Does what nobody waits for: in order, in slices, while the event loop has nothing else to do. Everything of a server that is such work
 * shares one: two would take each other for somebody who is waiting.
 */
export class SpareTime {
  readonly #clock: Clock;
  readonly #jobs: (() => void)[] = [];
  /** Clock time at which the present turn of the loop began, as far as is known. */
  #turnAt = Number.NEGATIVE_INFINITY;
  /** Clock time at which there was nothing to do, or a slice ended. */
  #workedAt = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** In a later turn. A job takes microseconds, and must not throw; what takes longer does the rest as a further job. */
  do(job: () => void): void {
    this.#jobs.push(job);
    if (this.#jobs.length > 1) return;
    this.#workedAt = this.#clock.now();
    // What else there is to do in this turn is not known.
    this.#turnAt = Number.NEGATIVE_INFINITY;
    this.#clock.defer(this.#turn);
  }

  readonly #turn = (): void => {
    const now = this.#clock.now();
    const sliceMs = this.#sliceAt(now);
    if (sliceMs > 0) this.#work(now + sliceMs);
    if (this.#jobs.length === 0) return;
    this.#turnAt = this.#clock.now();
    this.#clock.defer(this.#turn);
  };

  /** How long to work now; 0 = not in this turn. */
  #sliceAt(now: number): number {
    if (now - this.#turnAt <= IDLE_TURN_MS) return SLICE_MS;
    const waitedMs = now - this.#workedAt;
    return waitedMs < PATIENCE_MS ? 0 : Math.min(MOST_MS, SHARE * waitedMs);
  }

  #work(until: number): void {
    // A job stays in the list while it runs, so that what it asks for does not begin another turn.
    do {
      this.#jobs[0]?.();
      this.#jobs.shift();
      this.#workedAt = this.#clock.now();
    } while (this.#jobs.length > 0 && this.#workedAt < until);
  }
}
