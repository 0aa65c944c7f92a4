/** The buckets of a histogram. */
export interface Scale {
  readonly bounds: readonly number[];
  /** What observed values are divided by to become the exposed ones. */
  readonly divisor: number;
}

/** Durations, observed in milliseconds, exposed in seconds. */
export const DURATIONS: Scale = {
  bounds: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000],
  divisor: 1_000,
};

/** Rows of a batch. */
export const ROWS: Scale = { bounds: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512], divisor: 1 };

/** A histogram as plain numbers, so that an observation on the hot path costs a few comparisons. */
export class Distribution {
  readonly bounds: readonly number[];
  readonly divisor: number;
  /** Observations by bucket, not cumulative; the last one counts what is above all bounds. */
  readonly counts: number[];
  sum = 0;

  constructor({ bounds, divisor }: Scale) {
    this.bounds = bounds;
    this.divisor = divisor;
    this.counts = new Array<number>(bounds.length + 1).fill(0);
  }

  observe(value: number): void {
    const { bounds, counts } = this;
    let bucket = 0;
    while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket++;
    counts[bucket] = (counts[bucket] as number) + 1;
    this.sum += value;
  }
}
