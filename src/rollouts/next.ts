import { formatDuration } from '../text/index.js';
import { obey, type RolloutCommand } from './commands.js';
import type { Outcome } from './decision.js';
import { sayOver, sayStep } from './describe.js';
import type { RolloutPlan } from './plan.js';
import { decided, goOn } from './progress.js';
import { isOver, type RolloutState, stepOf } from './state.js';

/** Whether a version answers requests. */
export type Presence =
  | { readonly kind: 'serving' }
  /** It is being loaded: time does not count meanwhile. */
  | { readonly kind: 'coming' }
  | { readonly kind: 'gone' /** "it was unloaded" */; readonly why: string };

/** What a rollout is told when it is looked at. */
export interface RolloutInput {
  /** Since the last look, while the server ran. */
  readonly elapsedMs: number;
  /** Requests that canary has ended since then. */
  readonly requests: number;
  /** What is known of canary, and the sentence that says so. */
  readonly verdict: { readonly kind: 'worse' | 'fine' | 'open'; readonly sentence: string };
  readonly canary: Presence;
  readonly stable: Presence;
  /** What somebody asks for. */
  readonly command?: RolloutCommand;
  /** How moving the label `stable` has ended: moved, or why it cannot be. */
  readonly promotion?: { readonly kind: 'moved' } | { readonly kind: 'refused'; readonly why: string };
}

/**
 * What becomes of a rollout: pure, and the same from a state that has been to JSON and back. At most one decision a look, so that no step
 * is passed over; canary is never given more once it is known to be worse.
 */
export function next(plan: RolloutPlan, state: RolloutState, input: RolloutInput): Outcome {
  const outcome = look(plan, state, input);
  if (input.command === undefined) return outcome;
  // What ends it comes before what anybody wants.
  if (isOver(outcome.state)) return { ...outcome, refusal: sayOver(plan, outcome.state) };
  return obey(plan, counted(state, input), input.command);
}

function look(plan: RolloutPlan, before: RolloutState, input: RolloutInput): Outcome {
  if (isOver(before)) return { state: before };
  if (before.kind === 'promoting') return conclude(plan, before, input);
  const state = counted(before, input);
  const failure = failureOf(plan, input);
  if (failure !== undefined) return decided(state, { kind: 'rolled_back' }, { action: 'roll_back', reason: failure });
  if (state.kind !== 'holding') return { state };
  if (input.stable.kind === 'gone') {
    const reason = `version ${plan.stable}, which it is compared with, does not serve any more: ${input.stable.why}`;
    return decided(state, { kind: 'paused', cause: 'stable_gone' }, { action: 'pause', reason });
  }
  return endOfHold(plan, state, input) ?? { state };
}

/** Why canary must not have any more requests; undefined = it may. */
function failureOf({ stable, canary }: RolloutPlan, input: RolloutInput): string | undefined {
  if (input.canary.kind === 'gone') return `version ${canary} does not serve any more: ${input.canary.why}`;
  if (input.verdict.kind !== 'worse') return undefined;
  return `version ${canary} against version ${stable}: ${input.verdict.sentence}`;
}

/** The label has moved, or cannot. */
function conclude(plan: RolloutPlan, state: RolloutState, { promotion }: RolloutInput): Outcome {
  if (promotion === undefined) return { state };
  const { model, canary } = plan;
  if (promotion.kind === 'moved') {
    return decided(
      state,
      { kind: 'done' },
      { action: 'finish', reason: `'${model}' stands for version ${canary} now` },
    );
  }
  const reason = `the label 'stable' cannot move to version ${canary}: ${promotion.why}`;
  return decided(state, { kind: 'rolled_back' }, { action: 'roll_back', reason });
}

/** Time and requests since the last look; time only counts where both versions were there to be compared. */
function counted(state: RolloutState, { elapsedMs, requests, canary, stable }: RolloutInput): RolloutState {
  const counts = state.kind === 'holding' && canary.kind === 'serving' && stable.kind === 'serving';
  if (!counts && requests === 0) return state;
  return { ...state, heldMs: state.heldMs + (counts ? elapsedMs : 0), requests: state.requests + requests };
}

function endOfHold(
  plan: RolloutPlan,
  state: RolloutState & { readonly kind: 'holding' },
  { verdict }: RolloutInput,
): Outcome | undefined {
  const step = stepOf(plan, state);
  if (step === undefined || state.heldMs < step.holdMs) return undefined;
  const isEnough = state.requests >= step.minRequests;
  if (isEnough && verdict.kind === 'fine') return goOn(plan, state, verdict.sentence);
  const open = isEnough
    ? verdict.sentence
    : `version ${plan.canary} has had ${state.requests} of the ${step.minRequests} requests that it is to have`;
  if (state.heldMs >= plan.maxHoldMs) return inconclusive(plan, state, open);
  if (state.isExtended) return undefined;
  const rest = formatDuration(plan.maxHoldMs - state.heldMs);
  const reason = `${sayStep(plan, state)} is held for up to ${rest} more: ${open}`;
  return decided(state, { kind: 'holding', isExtended: true }, { action: 'hold_on', reason });
}

function inconclusive(plan: RolloutPlan, state: RolloutState & { readonly kind: 'holding' }, open: string): Outcome {
  const why = `nothing certain is known after ${formatDuration(state.heldMs)} in ${sayStep(plan, state)}: ${open}`;
  switch (plan.onInconclusive) {
    case 'proceed':
      return goOn(plan, state, why);
    case 'rollback':
      return decided(state, { kind: 'rolled_back' }, { action: 'roll_back', reason: why });
    case 'pause':
      return decided(state, { kind: 'paused', cause: 'inconclusive' }, { action: 'pause', reason: why });
    default:
      return plan.onInconclusive satisfies never;
  }
}
