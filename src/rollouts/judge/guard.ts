import type { TwoByTwo } from './two-by-two.js';
import { logLikelihoodRatio } from './two-by-two.js';

/** Blocks since the last look. Plain JSON. */
export interface GuardWindow {
  /** Looks until now. */
  looks: number;
  canary: number;
  canaryFailed: number;
  stable: number;
  stableFailed: number;
  /** ln of the evidence that these blocks hold. */
  logEvidence: number;
}

export const FIRST_WINDOW: Readonly<GuardWindow> = {
  looks: 0,
  canary: 0,
  canaryFailed: 0,
  stable: 0,
  stableFailed: 0,
  logEvidence: 0,
};

/** Requests of canary in a window, at least. */
const WINDOW_REQUESTS = 20;

/** What the guard rail bets on: an arm that mostly fails beside one that mostly does not. */
const ODDS = 20;

/** What has gone over the limits. */
export type Breach = Pick<GuardWindow, 'canary' | 'canaryFailed' | 'stable' | 'stableFailed'>;

/**
 * The guard rail: whether canary fails more than a share of its requests, looked at whenever it has had some more of them. It has to be
 * canary alone: the n-th look stakes 1 / n(n + 1) on that, so that all looks together accuse a canary that is like stable with a
 * probability of 1 / `evidence` at most. Where stable has no requests any more (at 100 %), the share alone decides.
 */
export function guard(
  window: GuardWindow,
  tables: readonly TwoByTwo[],
  limits: { readonly share: number; readonly evidence: number },
): Breach | undefined {
  for (const table of tables) addTable(window, table);
  if (window.canary < WINDOW_REQUESTS) return undefined;
  const { looks, logEvidence, ...counts } = window;
  Object.assign(window, FIRST_WINDOW, { looks: looks + 1 });
  const isOver = counts.canaryFailed > limits.share * counts.canary;
  const needed = counts.stable === 0 ? 0 : Math.log((looks + 1) * (looks + 2) * limits.evidence);
  return isOver && logEvidence >= needed ? (counts satisfies Breach) : undefined;
}

function addTable(window: GuardWindow, table: TwoByTwo): void {
  const { size, canary, flagged, canaryFlagged } = table;
  window.canary += canary;
  window.canaryFailed += canaryFlagged;
  window.stable += size - canary;
  window.stableFailed += flagged - canaryFlagged;
  window.logEvidence += logLikelihoodRatio(table, ODDS, 1);
}
