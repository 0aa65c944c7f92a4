/** Plain JSON. */
export interface ThresholdState {
  readonly ms: number;
  /** Latencies of the first block; after it, nothing is counted one by one. */
  readonly observations: number;
  readonly isSettled: boolean;
}

const UNKNOWN: ThresholdState = { ms: 0, observations: 0, isSettled: false };

const SHORTEST_MS = 0.001;

/** In the first block steps are larger, to come from the first latency to where the threshold should be. */
const FIRST_STEP = 0.5;

/** By how much of its logarithm one block moves it at most. */
const MOST_A_BLOCK = 0.5;

/**
 * Follows a quantile of stable's latencies (Robbins and Monro's approximation, of the logarithm): up where more are beyond it, down where fewer
 * are. It changes with whole blocks only, so that what is late in a block does not depend on which arms had what in it; before the first
 * one is full, nothing is late.
 */
export class LatencyThreshold {
  readonly #beyond: number;
  #ms: number;
  #observations: number;
  #isSettled: boolean;

  constructor(quantile: number, { ms, observations, isSettled }: ThresholdState = UNKNOWN) {
    this.#beyond = 1 - quantile;
    this.#ms = ms;
    this.#observations = observations;
    this.#isSettled = isSettled;
  }

  get ms(): number {
    return this.#ms;
  }

  isBefore(latencyMs: number): boolean {
    return this.#isSettled && latencyMs > this.#ms;
  }

  /** One latency of stable. */
  observe(latencyMs: number): void {
    if (this.#isSettled) return;
    this.#observations++;
    if (this.#observations === 1) this.#ms = Math.max(latencyMs, SHORTEST_MS);
    const step = FIRST_STEP / Math.sqrt(this.#observations);
    this.#move(step * ((latencyMs > this.#ms ? 1 : 0) - this.#beyond));
  }

  /** A block has ended, in which stable had so many answers, of which so many were late. */
  settle(answers: number, late: number): void {
    if (this.#isSettled) this.#move(this.#beyond * (late - this.#beyond * answers));
    else this.#isSettled = this.#observations > 0;
  }

  snapshot(): ThresholdState {
    return { ms: this.#ms, observations: this.#observations, isSettled: this.#isSettled };
  }

  #move(log: number): void {
    const bounded = Math.min(Math.max(log, -MOST_A_BLOCK), MOST_A_BLOCK);
    this.#ms = Math.max(this.#ms * Math.exp(bounded), SHORTEST_MS);
  }
}
