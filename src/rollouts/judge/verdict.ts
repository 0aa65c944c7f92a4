import type { Interval } from './difference.js';

/** 'worse': roll back; 'fine': no worse than the tolerated margin, and nothing unseen; 'open': not known yet. */
export type VerdictKind = 'worse' | 'fine' | 'open';

export type MetricName = 'errors' | 'latency' | 'answers' | 'outcomes' | 'agreement';

export interface MetricVerdict {
  readonly name: MetricName;
  readonly kind: VerdictKind;
  /** What was measured of each arm in the same time, 0 to 1; undefined = nothing yet. */
  readonly stable: number | undefined;
  readonly canary: number | undefined;
  /** Canary's less stable's, with bounds that hold however often one looks; from -1 to 1 before anything is known. */
  readonly difference: Interval;
  /** The difference is fine once its bounds lie within this; -1 or 1 on a side that does not matter. */
  readonly margin: Interval;
  /** Further observations of canary until the difference is fine, if all goes on as it does; undefined = never, or nothing is known. */
  readonly missing?: number | undefined;
  /** Highest evidence (e-value) yet that canary is worse, and where it is enough to roll back. */
  readonly evidence: number;
  readonly limit: number;
  readonly observations: { readonly stable: number; readonly canary: number };
  /** "errors: 0.2 % of canary's 500 requests failed, 0.1 % of stable's; evidence 1.1 of the 80 that roll back". */
  readonly sentence: string;
}

export interface Verdict {
  readonly kind: VerdictKind;
  readonly metrics: readonly MetricVerdict[];
  /** Of the metrics that decide: what is worse, what is open, or all. */
  readonly sentence: string;
}
