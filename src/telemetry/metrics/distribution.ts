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

/** Time until a model of many answers gives the first: vLLM's buckets, and below them some for models that generate no text. */
export const FIRST_ANSWERS: Scale = {
  bounds: [
    ...[0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 60, 80, 100, 250, 500, 750],
    ...[1_000, 2_500, 5_000, 7_500, 10_000, 20_000, 40_000, 80_000, 160_000, 640_000, 2_560_000],
  ],
  divisor: 1_000,
};

/** Time from one token to the next: vLLM's buckets, and below them some for small models. */
export const TOKEN_GAPS: Scale = {
  bounds: [
    ...[1, 2.5, 5, 10, 25, 50, 75, 100, 150, 200, 300, 400, 500, 750],
    ...[1_000, 2_500, 5_000, 7_500, 10_000, 20_000, 40_000, 80_000],
  ],
  divisor: 1_000,
};

/** Generations and their phases: vLLM's buckets, and below them some for small models. */
export const GENERATIONS: Scale = {
  bounds: [
    ...[10, 25, 50, 100, 200, 300, 500, 800, 1_000, 1_500, 2_000, 2_500, 5_000, 10_000, 15_000, 20_000, 30_000],
    ...[40_000, 50_000, 60_000, 120_000, 240_000, 480_000, 960_000, 1_920_000, 7_680_000],
  ],
  divisor: 1_000,
};

/** Tokens of prompts and answers. */
export const TOKENS: Scale = {
  bounds: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000],
  divisor: 1,
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

  /** `times`: how often that was. */
  observe(value: number, times = 1): void {
    const { bounds, counts } = this;
    let bucket = 0;
    while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket++;
    counts[bucket] = (counts[bucket] as number) + times;
    this.sum += value * times;
  }
}
