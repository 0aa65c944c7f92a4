import { formatDuration } from '../text/index.js';
import type { RolloutPlan } from './plan.js';
import { type RolloutState, type StepProgress, stepOf } from './state.js';

/** `step 2 of 5 (5 %)`. */
export function sayStep({ steps }: RolloutPlan, { step }: Pick<StepProgress, 'step'>): string {
  return `step ${step + 1} of ${steps.length} (${steps[step]?.weight ?? 0} %)`;
}

/** What comes after the step in force: `step 3 of 5 (25 %)`, `the promotion of version 4`. */
export function sayAfter(plan: RolloutPlan, { step }: Pick<StepProgress, 'step'>): string {
  if (step + 1 >= plan.steps.length) return `the promotion of version ${plan.canary}`;
  return sayStep(plan, { step: step + 1 });
}

/** `the rollout of 'fraud' to version 4 is over: rolled back`. */
export function sayOver({ model, canary }: RolloutPlan, { kind }: RolloutState): string {
  return `the rollout of '${model}' to version ${canary} is over: ${kind.replace('_', ' ')}`;
}

/** `step 2 of 5 (5 %) is paused`. */
export function sayPhase(plan: RolloutPlan, state: RolloutState): string {
  switch (state.kind) {
    case 'holding':
      return `${sayStep(plan, state)} is being held`;
    case 'paused':
      return `${sayStep(plan, state)} is paused`;
    case 'awaiting_approval':
      return `${sayAfter(plan, state)} waits for approval`;
    case 'promoting':
      return `version ${plan.canary} is being promoted`;
    case 'done':
    case 'rolled_back':
    case 'aborted':
      return sayOver(plan, state);
    default:
      return state satisfies never;
  }
}

/** What happens next unless canary proves to be worse: `step 3 of 5 (25 %) in 4m10s, once …`. */
export function sayNext(plan: RolloutPlan, state: RolloutState, isSticky = false): string {
  switch (state.kind) {
    case 'holding':
      return sayEndOfHold(plan, state);
    case 'paused':
      return state.cause === 'inconclusive'
        ? sayAfterInconclusive(plan, state, isSticky)
        : 'the step goes on once it is resumed';
    case 'awaiting_approval':
      return `${sayAfter(plan, state)} once somebody approves it`;
    case 'promoting':
      return `the label 'stable' moves to version ${plan.canary}`;
    case 'done':
    case 'rolled_back':
    case 'aborted':
      return 'nothing: it is over';
    default:
      return state satisfies never;
  }
}

function sayAfterInconclusive(plan: RolloutPlan, state: RolloutState, isSticky: boolean): string {
  const decisions = `${sayAfter(plan, state)} once somebody approves it, or the step is held again once it is resumed`;
  return isSticky ? `${decisions}; until then no further user gets version ${plan.canary}` : decisions;
}

const AT_THE_END = {
  pause: 'it is paused',
  rollback: 'it is rolled back',
  proceed: 'it goes on all the same',
} as const satisfies Record<RolloutPlan['onInconclusive'], string>;

function sayEndOfHold(plan: RolloutPlan, state: RolloutState): string {
  const { holdMs = 0, minRequests = 0 } = stepOf(plan, state) ?? {};
  const restMs = holdMs - state.heldMs;
  const missing = minRequests - state.requests;
  const waits = [
    ...(restMs > 0 ? [`in ${formatDuration(restMs)}`] : []),
    ...(missing > 0 ? [`after ${missing} more requests of version ${plan.canary}`] : []),
  ];
  const when = waits.length === 0 ? '' : `${waits.join(' and ')}, `;
  const lastMs = Math.max(0, plan.maxHoldMs - state.heldMs);
  const otherwise = `if that is not known after ${formatDuration(lastMs)}, ${AT_THE_END[plan.onInconclusive]}`;
  return `${sayAfter(plan, state)} ${when}once version ${plan.canary} is known to be no worse; ${otherwise}`;
}
