/** The report's values, for the type checker alone: nothing of this file reaches a browser. */

import type { MetricPoint } from '../../../api/index.js';

export type {
  EvidencePoint as Point,
  Interval,
  MetricPoint as Metric,
  MetricVerdict,
  Rollout,
  RolloutCommand as Command,
  RolloutDecision as Decision,
  VerdictKind as Kind,
} from '../../../api/index.js';

/** A metric over time. */
export interface Series {
  readonly atMs: number;
  readonly metric: MetricPoint;
}

/** A moment that charts mark. */
export interface Mark {
  readonly atMs: number;
  /** From 1, in the order of the decisions. */
  readonly number: number;
}

/** From the first moment that charts show to the last. */
export interface TimeSpan {
  readonly fromMs: number;
  readonly toMs: number;
}
