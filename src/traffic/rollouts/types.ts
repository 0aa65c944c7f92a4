import type { CallContext } from '../../core/index.js';
import type {
  Forecast,
  JudgeOptions,
  MetricVerdict,
  PlanOptions,
  RolloutCommand,
  RolloutPlan,
  RolloutState,
  SeenTraffic,
  Verdict,
} from '../../rollouts/index.js';
import type { Route, RouteConfig } from '../../routing/index.js';
import type { RolloutDecision, RolloutRecord } from '../../store/index.js';
import type { RolloutsOptions } from './options.js';
import type { TimelinePoint } from './timeline.js';

/** Options of a rollout's start. */
export interface RolloutOptions extends PlanOptions {
  /** The version that is to replace the bare name's current one. */
  readonly to: number;
  /** The key by which callers keep their version; default: none, each request is assigned anew. */
  readonly sticky?: RouteConfig['sticky'];
  readonly judge?: JudgeOptions;
  /** How many users (keys of `sticky`) there are; default: not known, and counted while the rollout runs. */
  readonly users?: number;
  /** Starts a sticky rollout that has too few users for a verdict, which is refused otherwise. Default: false. */
  readonly allowInconclusive?: boolean;
}

/** A rollout as it was declared, completed. */
export interface DeclaredRollout {
  readonly plan: RolloutPlan;
  readonly sticky?: RouteConfig['sticky'];
  readonly judge: JudgeOptions;
  /** Of a sticky one, how many users there are, where that was said. */
  readonly users?: number;
  /** Of one that the settings declare, what was declared: it runs once. */
  readonly declaration?: string;
  /** The label that it has given to canary, so that the version stays loaded; taken away at the end. */
  readonly ownLabel?: string;
}

/** A rollout that is not over, or has just ended, as this process knows it. */
export interface OpenRollout {
  readonly record: RolloutRecord;
  readonly declared: DeclaredRollout;
  readonly state: RolloutState;
  /** The route of the model's bare name while it is split. */
  readonly route: Route | undefined;
  readonly verdict: Verdict;
  readonly timeline: readonly TimelinePoint[];
  /** Measurements of its requests so far. */
  readonly seen: SeenTraffic;
  /** Requests that a verdict needs; undefined where none is expected. */
  readonly forecast: Forecast | undefined;
}

/** Measurements at the time of a decision, as stored. */
export interface DecisionNumbers {
  /** Percent of the requests that canary got. */
  readonly weight: number;
  readonly held_ms: number;
  readonly requests: number;
  readonly metrics: readonly MetricVerdict[];
}

/** A decision and what had been measured: nothing where the rollout began. */
export interface MeasuredDecision extends Omit<RolloutDecision, 'numbers'> {
  readonly numbers: Partial<DecisionNumbers>;
}

/** A rollout and how it stands. */
export interface RolloutReport extends DeclaredRollout {
  readonly id: string;
  /** Milliseconds since the Unix epoch. */
  readonly startedAtMs: number;
  readonly startedBy: string;
  readonly state: RolloutState;
  /** How it stands, and what happens next, as sentences. */
  readonly phase: string;
  readonly next: string;
  /** Measurements of the two versions; of a rollout that is over, those at its end. */
  readonly verdict: Verdict | undefined;
  /** Requests that a verdict needs, and how long they take; undefined where none is expected. */
  readonly forecast: Forecast | undefined;
  /** The share of canary and what was known of each metric over time. */
  readonly timeline: readonly TimelinePoint[];
  /** Commands that the caller may send now: it has the right, and they would not be refused. */
  readonly commands: readonly RolloutCommand['action'][];
  /** Newest first, the last 100. */
  readonly decisions: readonly MeasuredDecision[];
}

/** A rollout without the way that it has gone. */
export type StandingRollout = Omit<RolloutReport, 'decisions' | 'forecast' | 'timeline' | 'commands'>;

/** A rollout of a model as its history has it. */
export interface PastRollout {
  readonly id: string;
  readonly stable: number;
  readonly canary: number;
  readonly startedAtMs: number;
  readonly startedBy: string;
  readonly state: RolloutState;
  /** The last decision. */
  readonly reason: string;
}

/** The metrics of a rollout that is not over. */
export interface RolloutGauge {
  readonly model: string;
  readonly stable: number;
  readonly canary: number;
  /** Percent of the requests that canary gets. */
  readonly weight: number;
  /** From 1; 0 = before the first. */
  readonly step: number;
  /** Of each metric, the evidence that canary is worse, as a share of what is enough to roll back. */
  readonly evidence: readonly { readonly metric: string; readonly share: number }[];
}

/** The use cases about rollouts: looking needs the right `rollout.read`, to approve `rollout.approve`, all else `rollout.change`. */
export interface RolloutUseCases {
  /** Begins one; durable when it resolves. `already_exists` where one of the model is not over. */
  start(call: CallContext, model: string, options: RolloutOptions): Promise<RolloutReport>;
  /** The one of a model that is not over, else the last one. `not_found` where there was none. */
  get(call: CallContext, model: string): Promise<RolloutReport>;
  /** Rollouts that are not over, by model. */
  list(call: CallContext): readonly StandingRollout[];
  /** Carries out a command on the current rollout; `failed_precondition` where that is not possible now. */
  command(call: CallContext, model: string, command: Omit<RolloutCommand, 'by'>): Promise<RolloutReport>;
  /** Rollouts of a model, newest first, including those that are over. */
  history(call: CallContext, model: string): Promise<readonly PastRollout[]>;
  /** For metrics; needs no right. */
  gauges(): readonly RolloutGauge[];
}

/** Rollouts of the settings, and by model where each is written. */
export interface WrittenRollouts {
  readonly configs: RolloutsOptions;
  readonly places: Readonly<Record<string, string>>;
}
