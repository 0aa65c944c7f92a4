import type { MetricVerdict, VerdictKind } from './verdict.js';

/** What a metric may spend, and how sure it has to be. */
export interface Confidence {
  /** Evidence (an e-value) that is enough: 1 / its part of the error budget, which is how likely it accuses a canary that is like stable, at most. */
  readonly limit: number;
  /** How likely the bounds of a difference fail to hold at some time. */
  readonly alpha: number;
}

/** One thing that canary is judged by. */
export interface Metric {
  isWorse(): boolean;
  /** undefined where there is nothing to measure: no answer has a class. */
  verdict(): MetricVerdict | undefined;
  /** Plain JSON. */
  snapshot(): unknown;
}

/** What a metric has measured. */
export type Measured = Omit<MetricVerdict, 'name' | 'kind' | 'margin' | 'sentence'>;

export function kindOf(isWorse: boolean, isFine: boolean): VerdictKind {
  if (isWorse) return 'worse';
  return isFine ? 'fine' : 'open';
}
