import type { ExitReason } from '../exit-code.js';

/** How following a rollout ends. */
export type FollowOutcome = 'promoted' | 'rolled_back' | 'aborted' | 'paused' | 'timed_out';

export const EXIT_OF = {
  promoted: 'done',
  rolled_back: 'failed',
  aborted: 'failed',
  paused: 'undecided',
  timed_out: 'undecided',
} as const satisfies Record<FollowOutcome, ExitReason>;

/** What to do after a look at a rollout. */
export type FollowStep =
  | { readonly kind: 'look'; readonly delayMs: number }
  | { readonly kind: 'end'; readonly outcome: FollowOutcome };

const LOOK_INTERVAL_MS = 1_000;

/** By the state as the server's API names it; any other goes on. */
const OUTCOMES: ReadonlyMap<string, FollowOutcome> = new Map([
  ['done', 'promoted'],
  ['rolled_back', 'rolled_back'],
  ['aborted', 'aborted'],
  ['paused', 'paused'],
]);

/** After a look that was answered. `leftMs`: of the time that may be waited; Infinity = no limit. */
export function planLook(state: string, leftMs: number): FollowStep {
  const outcome = OUTCOMES.get(state);
  if (outcome !== undefined) return { kind: 'end', outcome };
  if (leftMs <= 0) return { kind: 'end', outcome: 'timed_out' };
  return { kind: 'look', delayMs: Math.min(LOOK_INTERVAL_MS, leftMs) };
}
