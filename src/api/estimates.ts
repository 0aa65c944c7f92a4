/** Where a value lies. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** A value that is estimated, and its 95 % confidence interval. */
export interface Estimate extends Interval {
  readonly value: number;
}
