import type { DecidedOutcome, Decision } from './decision.js';
import { sayAfter, sayStep } from './describe.js';
import type { RolloutPlan } from './plan.js';
import type { PauseCause, RolloutState, StepProgress } from './state.js';

/** What differs between two phases; where the rollout is within its step stays, unless it is named. */
export type PhaseChange = Partial<StepProgress> &
  (
    | { readonly kind: 'holding'; readonly isExtended: boolean }
    | { readonly kind: 'paused'; readonly cause: PauseCause }
    | { readonly kind: 'awaiting_approval' | 'promoting' | 'done' | 'rolled_back' | 'aborted' }
  );

export function decided(
  { step, heldMs, requests, decisions }: RolloutState,
  change: PhaseChange,
  decision: Decision,
): DecidedOutcome {
  return { state: { step, heldMs, requests, ...change, decisions: decisions + 1 }, decision };
}

/** The rollout before anything has happened. */
const NOTHING_YET: RolloutState = { kind: 'awaiting_approval', step: -1, heldMs: 0, requests: 0, decisions: 0 };

/** A rollout that begins: in its first step, or waiting for that to be approved. */
export function begin(plan: RolloutPlan): DecidedOutcome {
  const reason = `'${plan.model}' goes over from version ${plan.stable} to version ${plan.canary}`;
  if (!plan.steps[0]?.needsApproval) return enter(plan, NOTHING_YET, { action: 'start', reason });
  const decision = { action: 'start', reason: `${reason}, once it is approved` } as const;
  return decided(NOTHING_YET, { kind: 'awaiting_approval' }, decision);
}

/** What comes after the step in force, or its approval where it needs one. */
export function goOn(plan: RolloutPlan, state: RolloutState, why: string): DecidedOutcome {
  const following = plan.steps[state.step + 1];
  const needsApproval = following === undefined ? plan.promotionNeedsApproval : following.needsApproval;
  if (!needsApproval)
    return advance(plan, state, { action: following === undefined ? 'promote' : 'advance', reason: why });
  const reason = `${sayAfter(plan, state)} waits for approval: ${why}`;
  return decided(state, { kind: 'awaiting_approval' }, { action: 'await_approval', reason });
}

/** The next step, or the promotion after the last. */
export function advance(plan: RolloutPlan, state: RolloutState, decision: Decision): DecidedOutcome {
  if (state.step + 1 >= plan.steps.length) return decided(state, { kind: 'promoting' }, decision);
  return enter(plan, state, decision);
}

function enter(plan: RolloutPlan, state: RolloutState, { action, reason }: Decision): DecidedOutcome {
  const progress = { step: state.step + 1, heldMs: 0, requests: 0 };
  const said = `${sayStep(plan, progress)} begins: ${reason}`;
  return decided(state, { kind: 'holding', isExtended: false, ...progress }, { action, reason: said });
}
