import type { RolloutPlan, RolloutStep } from './plan.js';

/** Where a rollout is within one of its steps. */
export interface StepProgress {
  /** Index of the step that is in force; -1 = none yet. */
  readonly step: number;
  /** For how long it has been in force while it was watched. */
  readonly heldMs: number;
  /** Requests that canary has ended in it. */
  readonly requests: number;
}

/** Why a rollout is paused. */
export type PauseCause = 'asked' | 'inconclusive' | 'stable_gone';

export type RolloutPhase =
  /** The step has to be held. */
  | ({ readonly kind: 'holding' /** Longer than planned. */; readonly isExtended: boolean } & StepProgress)
  /** The step stays in force until somebody says how to go on; canary is still judged. */
  | ({ readonly kind: 'paused'; readonly cause: PauseCause } & StepProgress)
  /** It is over, and the next one waits to be approved. */
  | ({ readonly kind: 'awaiting_approval' } & StepProgress)
  /** The label `stable` is moving to canary. */
  | ({ readonly kind: 'promoting' } & StepProgress)
  | ({ readonly kind: 'done' | 'rolled_back' | 'aborted' } & StepProgress);

/** All that is to be known of a rollout between two looks at it; plain JSON. */
export type RolloutState = RolloutPhase & {
  /** Decisions that led here: what is newer of two states. */
  readonly decisions: number;
};

/** What the bare name of the model has to do. */
export type RolloutTraffic =
  /** Canary gets this many percent of the requests, stable the rest. Closed: canary gets no further keys. */
  | { readonly kind: 'split'; readonly canaryPercent: number; readonly isClosed: boolean }
  /** The label `stable` is to be moved to canary, which ends the split. */
  | { readonly kind: 'promote' }
  /** Nothing: the label decides. */
  | { readonly kind: 'none' };

/** Whether nothing more will happen. */
export function isOver({ kind }: RolloutState): boolean {
  return kind === 'done' || kind === 'rolled_back' || kind === 'aborted';
}

/** What a state asks for; the same after a restart. */
export function trafficOf(plan: RolloutPlan, state: RolloutState): RolloutTraffic {
  if (isOver(state)) return { kind: 'none' };
  if (state.kind === 'promoting') return { kind: 'promote' };
  // Whether further users get a canary that may be worse is for a person to decide.
  const isClosed = state.kind === 'paused' && state.cause === 'inconclusive';
  return { kind: 'split', canaryPercent: stepOf(plan, state)?.weight ?? 0, isClosed };
}

/** The step that is in force; undefined before the first. */
export function stepOf({ steps }: RolloutPlan, { step }: StepProgress): RolloutStep | undefined {
  return steps[step];
}
