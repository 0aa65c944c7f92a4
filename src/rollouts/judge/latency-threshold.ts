/** Plain JSON. */
export interface ThresholdState {
  readonly ms: number;
  readonly observations: number;
}

const SHORTEST_MS = 0.001;

/** First steps are larger, to come from the first latency to where it should be. */
const FIRST_STEP = 0.5;

/**
 * Follows a quantile of latencies (Robbins and Monro's approximation, of the logarithm): up a step for each one beyond it, down a small part of
 * one for each within. It follows all requests and does not ask for their arms, so that what is beyond it is no matter of the arm.
 */
export class LatencyThreshold {
  readonly #quantile: number;
  readonly #leastMs: number;
  #ms: number;
  #observations: number;

  /** It is never less than `floorMs`. */
  constructor(
    { quantile, floorMs }: { readonly quantile: number; readonly floorMs: number },
    state: ThresholdState = { ms: 0, observations: 0 },
  ) {
    this.#quantile = quantile;
    this.#leastMs = Math.max(floorMs, SHORTEST_MS);
    this.#ms = state.ms;
    this.#observations = state.observations;
  }

  get ms(): number {
    return this.#ms;
  }

  observe(latencyMs: number): void {
    this.#observations++;
    if (this.#observations === 1) {
      this.#ms = Math.max(latencyMs, this.#leastMs);
      return;
    }
    const beyond = 1 - this.#quantile;
    const step = Math.max(beyond, FIRST_STEP / Math.sqrt(this.#observations));
    this.#ms = Math.max(this.#ms * Math.exp(step * ((latencyMs > this.#ms ? 1 : 0) - beyond)), this.#leastMs);
  }

  snapshot(): ThresholdState {
    return { ms: this.#ms, observations: this.#observations };
  }
}
