/** The report's values, for the type checker alone: nothing of this file reaches a browser. */

export interface Interval {
  readonly low: number;
  readonly high: number;
}

export type Kind = 'fine' | 'worse' | 'open';

/** A metric at a moment, as the server's API returns it. */
export interface Metric {
  readonly name: string;
  readonly kind: Kind;
  /** Shares, or means from 0 to 1; missing where nothing has been measured. */
  readonly stable?: number;
  readonly canary?: number;
  readonly difference: Interval;
  /** The difference is fine within these; -1 or 1 on a side that does not matter. Missing in rollouts that an earlier server judged. */
  readonly margin?: Interval;
  readonly evidence: number;
  readonly limit: number;
  readonly observations: { readonly stable: number; readonly canary: number };
}

export interface MetricVerdict extends Metric {
  readonly sentence: string;
}

/** A moment of a rollout: `GET …/rollout/evidence`. */
export interface Point {
  readonly at: string;
  readonly weight: number;
  readonly metrics: readonly Metric[];
}

export interface Decision {
  readonly at: string;
  readonly by: string;
  readonly action: string;
  readonly reason: string;
}

export type Command = 'approve' | 'pause' | 'resume' | 'promote' | 'abort';

/** `GET …/rollout`. */
export interface Rollout {
  readonly id: string;
  readonly model: string;
  readonly stable: number;
  readonly canary: number;
  readonly started_at: string;
  readonly started_by: string;
  readonly state: string;
  /** From 1; 0 before the first. */
  readonly step: number;
  readonly weight: number;
  readonly held_ms: number;
  readonly requests: number;
  readonly phase: string;
  readonly next: string;
  readonly plan: {
    readonly steps: readonly { readonly weight: number; readonly hold_ms: number; readonly needs_approval: boolean }[];
    readonly promotion_needs_approval: boolean;
  };
  /** When a verdict is to be expected; missing where none is to come. */
  readonly forecast?: { readonly sentence: string };
  readonly verdict?: { readonly kind: Kind; readonly metrics: readonly MetricVerdict[] };
  /** Newest first. */
  readonly decisions: readonly Decision[];
  readonly timeline: readonly { readonly at: string }[];
  /** Those that the caller may send now. */
  readonly commands: readonly Command[];
}

/** A metric over time. */
export interface Series {
  readonly atMs: number;
  readonly metric: Metric;
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
