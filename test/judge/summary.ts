import { type Plan, simulate } from './rollout.js';

/** What has become of many rollouts of a kind. */
export interface Summary {
  /** Share of them that were rolled back. */
  readonly rolledBack: number;
  /** Requests of canary after which half of them, and nine in ten, were; undefined where it was fewer. */
  readonly median: number | undefined;
  readonly ninth: number | undefined;
  /** Share of them that were fine in the end. */
  readonly fine: number;
}

/** Rollouts with the seeds 0, 1, … */
export function summarize(plan: Omit<Plan, 'seed'>, runs: number): Summary {
  const all = Array.from({ length: runs }, (_, seed) => simulate({ ...plan, seed }));
  const rolledBack = all.filter(({ kind }) => kind === 'worse').map(({ canary }) => canary);
  rolledBack.sort((one, other) => one - other);
  return {
    rolledBack: rolledBack.length / runs,
    median: rolledBack[Math.ceil(runs / 2) - 1],
    ninth: rolledBack[Math.ceil(runs * 0.9) - 1],
    fine: all.filter(({ kind }) => kind === 'fine').length / runs,
  };
}
