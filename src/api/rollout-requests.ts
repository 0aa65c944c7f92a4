import type { Sticky } from './routes.js';

/** The reaction to a step that is still inconclusive at the plan's longest hold. */
export type OnInconclusive = 'pause' | 'rollback' | 'proceed';

/** A step that differs from the others in more than its percentage. */
export interface StartStep {
  /** Percent of the requests: more than 0, at most 100. */
  readonly weight: number;
  /** Default: as of the rollout. */
  readonly hold_ms?: number;
  /** Default: as of the rollout. */
  readonly min_requests?: number;
  /** The step needs an approval before it begins. Default: false. */
  readonly needs_approval?: boolean;
}

export interface JudgeErrors {
  /** How many times as high as stable's the odds of an error may be; default 1. */
  readonly tolerance?: number;
  /** Share of requests that may fail beyond those of stable; default 0.02. */
  readonly margin?: number;
  /** More than this share of failures rolls back at once; default 0.5. */
  readonly limit?: number;
}

/** Of computing an answer. */
export interface JudgeLatency {
  /** Answers beyond this quantile are late; default 0.95. */
  readonly quantile?: number;
  /** How many times as long it may take; default 1.05. */
  readonly tolerance?: number;
  /** Share that may be late beyond those of stable; default 0.05. */
  readonly margin?: number;
  /** How many milliseconds longer it may take in any case; default 1. */
  readonly floor_ms?: number;
}

/** How answers are distributed. */
export interface JudgeAnswers {
  /** How many times as high as stable's, or as low, the odds of an answer may be; default 1.5. */
  readonly tolerance?: number;
  /** By what share any of them may be more or less frequent; default 0.1. */
  readonly margin?: number;
}

/** Outcomes of answers: yes or no, by feedback. */
export interface JudgeOutcomes {
  /** By how much the rate may be lower; default 0.05. */
  readonly margin?: number;
}

/** With the answers of stable, of which the version gets copies as its shadow. */
export interface JudgeAgreement {
  /** The share of compared answers that have to agree; default 0.99. */
  readonly minimum?: number;
  /** Share that may differ beyond that; default 0.01. */
  readonly margin?: number;
}

/** By what the new version is judged, and how strictly; false = not by this. */
export interface JudgeOptions {
  /** How likely a version that is as good is rolled back, at most; default 0.05. */
  readonly error_budget?: number;
  readonly errors?: JudgeErrors;
  readonly latency?: JudgeLatency | false;
  readonly answers?: JudgeAnswers | false;
  /** Default: false. */
  readonly outcomes?: JudgeOutcomes | false;
  /** Default: false. */
  readonly agreement?: JudgeAgreement | false;
}

export interface StartRollout {
  /** The version that takes the place of the stable one. */
  readonly to: number;
  /** Percent, or steps of their own, rising, the last one 100. Default: 1, 5, 25, 50, 100. */
  readonly steps?: readonly (number | StartStep)[];
  /** How long a step is held; default 10 minutes. */
  readonly hold_ms?: number;
  /** Requests that the new version has to end in a step; default 100. */
  readonly min_requests?: number;
  /** How long a step is held at most while nothing certain is known; default six times the longest hold. */
  readonly max_hold_ms?: number;
  /** The reaction after that; default `pause`. */
  readonly on_inconclusive?: OnInconclusive;
  /** Default: false. */
  readonly promotion_needs_approval?: boolean;
  /** The key by which callers get the same version each time, as in a route. */
  readonly sticky?: Sticky;
  /** How many users (keys of `sticky`) there are. Default: counted while the rollout runs. */
  readonly users?: number;
  /** Start although there are too few users for a verdict, which is refused otherwise; default false. */
  readonly allow_inconclusive?: boolean;
  readonly judge?: JudgeOptions;
}

export interface CommandRollout {
  /** Why, for the history. */
  readonly note?: string;
}
