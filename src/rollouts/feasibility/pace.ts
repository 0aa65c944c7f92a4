/** How many observations there were at a moment. */
interface Sample {
  readonly atMs: number;
  readonly count: number;
}

const SAMPLE_MS = 5_000;
const MAX_SAMPLES = 13;
/** A shorter time says nothing of the rate. */
const LEAST_MS = 10_000;

/** How fast a count grows: over the last minute. */
export class Pace {
  #samples: readonly Sample[] = [];

  /** `atMs` by a clock that never goes back. */
  note(atMs: number, count: number): void {
    const last = this.#samples.at(-1);
    if (last !== undefined && atMs - last.atMs < SAMPLE_MS) return;
    this.#samples = [...this.#samples, { atMs, count }].slice(-MAX_SAMPLES);
  }

  /** undefined before ten seconds are over. */
  get perSecond(): number | undefined {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    if (first === undefined || last === undefined || last.atMs - first.atMs < LEAST_MS) return undefined;
    return Math.max(0, last.count - first.count) / ((last.atMs - first.atMs) / 1_000);
  }
}
