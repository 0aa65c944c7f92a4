import type { Outcome } from './decision.js';
import { sayPhase } from './describe.js';
import type { RolloutPlan } from './plan.js';
import { advance, decided } from './progress.js';
import { isOver, type RolloutState } from './state.js';

export const ROLLOUT_COMMANDS = ['approve', 'pause', 'resume', 'promote', 'abort'] as const;

/** What somebody asks of a rollout. */
export interface RolloutCommand {
  readonly action: (typeof ROLLOUT_COMMANDS)[number];
  /** Name of the principal. */
  readonly by: string;
  /** Why, in their words. */
  readonly note?: string;
}

/** Commands that would not be refused now. */
export function possibleCommands(plan: RolloutPlan, state: RolloutState): readonly RolloutCommand['action'][] {
  if (isOver(state)) return [];
  return ROLLOUT_COMMANDS.filter((action) => obey(plan, state, { action, by: '' }).refusal === undefined);
}

/** Does what somebody asks of a rollout that is not over, or says why it cannot be done now. */
export function obey(plan: RolloutPlan, state: RolloutState, { action, by, note }: RolloutCommand): Outcome {
  if (state.kind === 'promoting') return { state, refusal: sayPhase(plan, state) };
  const why = note === undefined ? `by ${by}` : `by ${by}: ${note}`;
  const refuse = (refusal: string): Outcome => ({ state, refusal });
  switch (action) {
    case 'approve': {
      const mayGoOn = state.kind === 'awaiting_approval' || (state.kind === 'paused' && state.cause === 'inconclusive');
      if (!mayGoOn) return refuse(`nothing waits for approval: ${sayPhase(plan, state)}`);
      return advance(plan, state, { action, reason: `approved ${why}` });
    }
    case 'pause':
      if (state.kind !== 'holding') return refuse(`there is nothing to pause: ${sayPhase(plan, state)}`);
      return decided(state, { kind: 'paused', cause: 'asked' }, { action, reason: `paused ${why}` });
    case 'resume': {
      if (state.kind !== 'paused') return refuse(`it is not paused: ${sayPhase(plan, state)}`);
      // What was inconclusive once would be at once again.
      const again = state.cause === 'inconclusive' ? { heldMs: 0 } : {};
      return decided(state, { kind: 'holding', isExtended: false, ...again }, { action, reason: `resumed ${why}` });
    }
    case 'promote':
      return decided(
        state,
        { kind: 'promoting' },
        { action, reason: `promoted without the steps that are left ${why}` },
      );
    case 'abort':
      return decided(state, { kind: 'aborted' }, { action, reason: `aborted ${why}` });
    default:
      return action satisfies never;
  }
}
