import { type BatchLimits, type Candidate, type Plan, planBatch } from '../plan-batch.js';

/** Most requests of a trial. */
export const MAX_TRIAL_REQUESTS = 8;

/**
 * A run in the mode that is not in force: the first request alone where requests are batched, else a batch of at most `maxRows` and
 * {@link MAX_TRIAL_REQUESTS}. undefined = no two requests wait that could share such a batch.
 */
export function planTrial(
  candidates: readonly Candidate[],
  limits: BatchLimits,
  { maxRows, now }: { readonly maxRows: number; readonly now: number },
): Plan | undefined {
  const [anchor] = candidates;
  if (anchor === undefined) return undefined;
  const few = candidates.slice(0, MAX_TRIAL_REQUESTS);
  const most = Math.min(limits.maxRows, maxRows);
  const plan = planBatch(few, { ...limits, batching: true, maxRows: most, preferredSizes: [], maxDelayMs: 0 }, now);
  if (plan.kind === 'wait' || plan.picked.length < 2) return undefined;
  const alone: Plan = { kind: 'run', picked: [0], rows: anchor.rows, reason: 'trial' };
  return limits.batching ? alone : { ...plan, reason: 'trial' };
}
