import type { RolloutState } from './state.js';

export type RolloutAction =
  | 'start'
  | 'advance'
  | 'hold_on'
  | 'await_approval'
  | 'approve'
  | 'pause'
  | 'resume'
  | 'promote'
  | 'finish'
  | 'roll_back'
  | 'abort';

/** What has been decided, and why as a sentence. */
export interface Decision {
  readonly action: RolloutAction;
  readonly reason: string;
}

/** What a look at a rollout has led to. */
export interface Outcome {
  readonly state: RolloutState;
  /** undefined = nothing but time and counts has changed. */
  readonly decision?: Decision;
  /** Why what somebody asked for is not done. */
  readonly refusal?: string;
}

/** An outcome that changes what the rollout does. */
export interface DecidedOutcome extends Outcome {
  readonly decision: Decision;
}
