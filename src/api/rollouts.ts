import type { Timestamp } from './endpoint.js';
import type { Interval } from './estimates.js';
import type { CommandRollout, OnInconclusive, StartRollout } from './rollout-requests.js';
import type { Sticky } from './routes.js';

/** How a rollout stands; the last three are ends. */
export type RolloutState =
  | 'holding'
  | 'paused'
  | 'awaiting_approval'
  | 'promoting'
  | 'done'
  | 'rolled_back'
  | 'aborted';

export type RolloutCommand = 'approve' | 'pause' | 'resume' | 'promote' | 'abort';

/** Percent of a model's requests that the new version gets, and what has to be seen before it gets more. */
export interface RolloutStep {
  /** Percent of the requests: more than 0, at most 100. */
  readonly weight: number;
  readonly hold_ms: number;
  /** Requests that the new version has to end. */
  readonly min_requests: number;
  /** The step needs an approval before it begins. */
  readonly needs_approval: boolean;
}

/** What was asked for, completed. */
export interface RolloutPlan {
  readonly steps: readonly RolloutStep[];
  /** How long a step is held at most while nothing certain is known. */
  readonly max_hold_ms: number;
  readonly on_inconclusive: OnInconclusive;
  readonly promotion_needs_approval: boolean;
  /** Missing: each request is dealt for itself. */
  readonly sticky?: Sticky;
  /** How many users (keys of `sticky`) there are, where that was said. */
  readonly users?: number;
}

/** A metric by which the new version is judged. */
export type RolloutMetric = 'errors' | 'latency' | 'answers' | 'outcomes' | 'agreement';

/** `worse`: rolled back; `fine`: no worse than the margin; `open`: not known yet. */
export type VerdictKind = 'worse' | 'fine' | 'open';

/** What was known of a metric at a moment. */
export interface MetricPoint {
  readonly name: RolloutMetric;
  readonly kind: VerdictKind;
  /** Of each version, 0 to 1; missing where nothing has been measured. */
  readonly stable?: number;
  readonly canary?: number;
  /** The new version's value less the old one's lies between these, with high confidence at all times together. */
  readonly difference: Interval;
  /** The metric is fine once the difference lies within these; -1 or 1 on a side that does not matter. Missing in rollouts that an earlier server judged. */
  readonly margin?: Interval;
  /** That the new version is worse (an e-value). */
  readonly evidence: number;
  /** Evidence that is enough to roll back. */
  readonly limit: number;
  readonly observations: { readonly stable: number; readonly canary: number };
}

export interface MetricVerdict extends MetricPoint {
  /** Further observations of the new version until the metric is fine, if all goes on as it does; missing: never, or not known. */
  readonly missing?: number;
  readonly sentence: string;
}

export interface RolloutVerdict {
  readonly kind: VerdictKind;
  readonly sentence: string;
  readonly metrics: readonly MetricVerdict[];
}

/** A rollout, without the way that it has gone. */
export interface StandingRollout {
  readonly id: string;
  readonly model: string;
  /** The version that the bare name stood for before. */
  readonly stable: number;
  /** The version that is to take its place. */
  readonly canary: number;
  readonly started_at: Timestamp;
  readonly started_by: string;
  readonly state: RolloutState;
  /** From 1; 0 before the first. */
  readonly step: number;
  /** Percent of the requests that the new version gets. */
  readonly weight: number;
  /** For how long the step has been in force. */
  readonly held_ms: number;
  /** That the new version has ended in this step. */
  readonly requests: number;
  /** How it stands, as a sentence. */
  readonly phase: string;
  /** What happens next, as a sentence. */
  readonly next: string;
  readonly plan: RolloutPlan;
  readonly verdict?: RolloutVerdict;
}

export interface RolloutList {
  readonly rollouts: readonly StandingRollout[];
}

/** Observations: requests, or users of a sticky rollout. */
export interface NeededObservations {
  /** With the new version. */
  readonly canary: number;
  /** With both versions. */
  readonly all: number;
}

/** How much a metric needs; what is missing is never reached. */
export interface MetricNeeds {
  readonly name: RolloutMetric;
  /** Until a version that is as good is known to be so. */
  readonly fine?: NeededObservations;
  /** Until one with the fault is rolled back. */
  readonly worse?: NeededObservations;
  /** The fault for which `worse` is enough to roll back. */
  readonly fault: string;
}

/** How much a verdict needs: enough for 95 of 100 rollouts. */
export interface RolloutForecast {
  /** What counts: requests, or users (keys) of a sticky rollout. */
  readonly unit: 'requests' | 'users';
  /** The step that this is about. */
  readonly step: string;
  /** Percent of the requests that the new version gets in it. */
  readonly weight: number;
  /** Until a version that is as good is known to be so by all metrics; missing: no number is enough. */
  readonly fine?: NeededObservations;
  readonly metrics: readonly MetricNeeds[];
  /** Declared at the start, or counted until now: from 1,000 requests on. */
  readonly users?: { readonly count: number; readonly source: 'declared' | 'counted' };
  /** With the new version, until now. */
  readonly counted: number;
  /** Requests, or new users, of both versions, over the last minute. */
  readonly per_second?: number;
  /** Until `fine` is reached at that rate. */
  readonly remaining_ms?: number;
  /** Why the step is likely to stay inconclusive. */
  readonly obstacle?: 'share' | 'users' | 'time';
  readonly sentence: string;
}

/** What had been measured when something was decided; empty where a rollout begins. */
export interface DecisionNumbers {
  /** Percent of the requests that the new version got. */
  readonly weight?: number;
  /** For how long the step was in force. */
  readonly held_ms?: number;
  /** That the new version had ended in this step. */
  readonly requests?: number;
  readonly metrics?: readonly MetricVerdict[];
}

export interface RolloutDecision {
  readonly at: Timestamp;
  /** A principal, or `millrace` for an automatic decision. */
  readonly by: string;
  /** `start`, `advance`, `roll_back` …; other versions of the server may have others. */
  readonly action: string;
  readonly reason: string;
  readonly numbers: DecisionNumbers;
}

export interface RolloutMoment {
  readonly at: Timestamp;
  /** Percent of the requests that the new version got. */
  readonly weight: number;
  /** The highest of all metrics, as a share of what is enough to roll back. */
  readonly evidence: number;
}

/** A rollout and the way that it has gone. */
export interface Rollout extends StandingRollout {
  /** Missing where no verdict is to come. */
  readonly forecast?: RolloutForecast;
  /** Those that the caller may send now. */
  readonly commands: readonly RolloutCommand[];
  /** Newest first, the last 100. */
  readonly decisions: readonly RolloutDecision[];
  /** Oldest first. */
  readonly timeline: readonly RolloutMoment[];
}

export interface EvidencePoint {
  readonly at: Timestamp;
  /** Percent of the requests that the new version got. */
  readonly weight: number;
  readonly metrics: readonly MetricPoint[];
}

/** What was known of each metric of a rollout over time. */
export interface RolloutEvidence {
  /** Of the rollout. */
  readonly id: string;
  readonly model: string;
  /** Oldest first, at most 240: the longer the rollout takes, the longer the intervals. */
  readonly points: readonly EvidencePoint[];
}

export interface PastRollout {
  readonly id: string;
  readonly stable: number;
  readonly canary: number;
  readonly started_at: Timestamp;
  readonly started_by: string;
  readonly state: RolloutState;
  /** From 1; 0 before the first. */
  readonly step: number;
  /** Of the last decision. */
  readonly reason: string;
}

export interface RolloutHistory {
  /** Newest first. */
  readonly rollouts: readonly PastRollout[];
}

export interface RolloutEndpoints {
  'GET /rollouts': { readonly answer: RolloutList };
  'GET /models/{model}/rollout': { readonly answer: Rollout };
  'GET /models/{model}/rollout/evidence': { readonly answer: RolloutEvidence };
  'GET /models/{model}/rollout/history': { readonly answer: RolloutHistory };
  'POST /models/{model}/rollout': { readonly body: StartRollout; readonly answer: Rollout };
  'POST /models/{model}/rollout/approve': { readonly body: CommandRollout; readonly answer: Rollout };
  'POST /models/{model}/rollout/pause': { readonly body: CommandRollout; readonly answer: Rollout };
  'POST /models/{model}/rollout/resume': { readonly body: CommandRollout; readonly answer: Rollout };
  'POST /models/{model}/rollout/promote': { readonly body: CommandRollout; readonly answer: Rollout };
  'POST /models/{model}/rollout/abort': { readonly body: CommandRollout; readonly answer: Rollout };
}
