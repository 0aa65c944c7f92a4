import type { Interval } from './estimates.js';

/** What became of an answer of a route that collects outcomes; told once for each request, also days later. */
export interface Feedback {
  /** The request's `x-request-id`, which its answer carries. */
  readonly request_id: string;
  /** True, false, 0 or 1 of binary outcomes, the class that was right of labels, else a number in their range. */
  readonly value: boolean | number | string;
  /** The principal of the request, where it is not the caller: needs the right `feedback.relay`. */
  readonly principal?: string;
}

/** The answer that an outcome is of. */
export interface JoinedOutcome {
  readonly route: string;
  readonly arm: string;
  readonly model: string;
  readonly version: number;
  readonly value: number;
}

/** How an arm differs from the baseline. */
export interface OutcomeEffect {
  readonly difference: number;
  readonly difference_interval: Interval;
  /** Of the two means; missing unless both are above 0. */
  readonly ratio?: number;
  readonly ratio_interval?: Interval;
}

/** What became of the answers of one version on one arm. */
export interface ArmOutcomes {
  readonly arm: string;
  readonly model: string;
  readonly version: number;
  readonly kind: 'binary' | 'label' | 'number';
  readonly better: 'higher' | 'lower';
  readonly answers: number;
  readonly outcomes: number;
  /** Of binary outcomes and of labels the rate; missing where there are no outcomes. */
  readonly mean?: number;
  /** Of the mean; missing where there are too few outcomes. */
  readonly interval?: Interval;
  /** Against the baseline; missing for the baseline itself and where there are too few outcomes. */
  readonly effect?: OutcomeEffect;
}

export interface OutcomeReport {
  readonly route: string;
  /** Of all intervals. */
  readonly confidence: 0.95;
  /** The arm that the others are compared with; missing where nothing is known of any. */
  readonly baseline?: string;
  /** Since the start of the server: their outcomes are refused. */
  readonly dropped_answers: number;
  readonly arms: readonly ArmOutcomes[];
}

export interface OutcomeQuery {
  /** The arm to compare with. Default: the route's first. */
  readonly baseline?: string;
}

export interface OutcomeEndpoints {
  'POST /feedback': { readonly body: Feedback; readonly answer: JoinedOutcome };
  'GET /routes/{route}/outcomes': { readonly query: OutcomeQuery; readonly answer: OutcomeReport };
}
