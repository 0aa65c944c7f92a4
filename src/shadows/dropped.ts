/**
 * Why a request that was to be copied is not. `pending`: so many copies wait or run already; `memory`, `size`: they, or this one, would hold too
 * much; `queue`, `unavailable`, `waiting`: the shadow's queue was full, it was down or not there, or did not begin in time;
 * `side_effects`: running it twice may do harm; `unanswered`: the primary has not run it either; `sequence`: a step before it is missing;
 * `stopped`: the server ends.
 */
export const DROP_REASONS = [
  'pending',
  'memory',
  'size',
  'queue',
  'unavailable',
  'waiting',
  'side_effects',
  'unanswered',
  'sequence',
  'stopped',
] as const;
export type DropReason = (typeof DROP_REASONS)[number];
