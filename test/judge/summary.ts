import type { VerdictKind } from '../../src/rollouts/judge/index.js';
import { type Plan, simulate } from './rollout.js';

/** What has become of many rollouts of a kind. */
export interface Summary {
  /** Share of them that ended with the verdict. */
  readonly share: number;
  /** Requests of canary after which half of them had, and 95 of 100; undefined where it was fewer. */
  readonly median: number | undefined;
  readonly most: number | undefined;
}

/** How soon rollouts with the seeds 0, 1, … end with that verdict. */
export function summarize(kind: VerdictKind, runs: number, plan: Omit<Plan, 'seed'>): Summary {
  const all = Array.from({ length: runs }, (_, seed) => simulate({ ...plan, seed }));
  const ended = all.filter((each) => each.kind === kind).map(({ canary }) => canary);
  ended.sort((one, other) => one - other);
  const after = (share: number) => ended[Math.ceil(runs * share) - 1];
  return { share: ended.length / runs, median: after(0.5), most: after(0.95) };
}
