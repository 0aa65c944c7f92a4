import type { BatchReason } from '../core/index.js';
import type { PaddingLimits } from '../runtimes/index.js';

/** What planning needs to know of a waiting request. */
export interface Candidate {
  readonly rows: number;
  /** What it costs in a batch, in the unit of {@link BatchLimits.maxCost}. */
  readonly cost: number;
  readonly shapeKey: string;
  /** Clock time of admission, milliseconds. */
  readonly enqueuedAt: number;
  /** Must run by itself. */
  readonly alone: boolean;
}

export interface BatchLimits {
  /** Whether requests are batched together at all. */
  readonly batching: boolean;
  readonly maxRows: number;
  /** Most that the requests of a batch may cost together; one that costs more runs by itself. Default: no limit. */
  readonly maxCost?: number;
  /** Items are padded to the dearest one. Default: they are not. */
  readonly padding?: PaddingLimits | undefined;
  /** Ascending. */
  readonly preferredSizes: readonly number[];
  readonly maxDelayMs: number;
}

/** Run these candidates (indexes) now, or plan again at `at` if nothing has changed until then. */
export type Plan =
  | { readonly kind: 'run'; readonly picked: readonly number[]; readonly rows: number; readonly reason: BatchReason }
  | { readonly kind: 'wait'; readonly at: number };

/**
 * Decides what an instance that could take a batch now should get. `candidates` are in scheduling order and not empty.
 * The first one anchors the batch: only requests of the same shape join it. No batch is larger than the largest preferred
 * size, where there are any, and none costs more than it may, but for a single request that is or does. A batch is sent at once when it has a preferred size or
 * when a request that waits cannot join it, else when its oldest member has waited `maxDelayMs`: Triton's rules.
 */
export function planBatch(candidates: readonly Candidate[], limits: BatchLimits, now: number): Plan {
  const anchor = candidates[0] as Candidate;
  if (anchor.alone) return { kind: 'run', picked: [0], rows: anchor.rows, reason: 'retry' };
  if (!limits.batching) return { kind: 'run', picked: [0], rows: anchor.rows, reason: 'single' };
  if (limits.padding !== undefined) return planBySimilarCost(candidates, limits, limits.padding);

  const largest = limits.preferredSizes.at(-1) ?? limits.maxRows;
  const picked: number[] = [];
  const { maxCost = Number.POSITIVE_INFINITY } = limits;
  let rows = 0;
  let cost = 0;
  let oldest = anchor.enqueuedAt;
  let full = false;
  let passed = false;
  let preferred: { readonly count: number; readonly rows: number } | undefined;
  for (let index = 0; index < candidates.length; index++) {
    const candidate = candidates[index] as Candidate;
    if (candidate.alone || candidate.shapeKey !== anchor.shapeKey) {
      passed = true;
      continue;
    }
    if (index > 0 && (rows + candidate.rows > largest || cost + candidate.cost > maxCost)) {
      full = true;
      break;
    }
    picked.push(index);
    rows += candidate.rows;
    cost += candidate.cost;
    if (candidate.enqueuedAt < oldest) oldest = candidate.enqueuedAt;
    if (limits.preferredSizes.includes(rows)) preferred = { count: picked.length, rows };
    if (rows >= largest || cost >= maxCost) {
      full = true;
      break;
    }
  }
  const at = oldest + limits.maxDelayMs;
  const overdue = limits.maxDelayMs > 0 && now >= at;
  if (preferred !== undefined && !overdue) {
    return { kind: 'run', picked: picked.slice(0, preferred.count), rows: preferred.rows, reason: 'preferred' };
  }
  if (full || (passed && limits.maxDelayMs > 0)) return { kind: 'run', picked, rows, reason: 'full' };
  if (limits.maxDelayMs === 0) return { kind: 'run', picked, rows, reason: 'idle' };
  return overdue ? { kind: 'run', picked, rows, reason: 'delay' } : { kind: 'wait', at };
}

/**
 * The batch of a model that pads: the first candidate, then those whose costs are nearest to its cost, as long as the padded batch is not too large and
 * not too much of it is padding. Sent at once.
 */
function planBySimilarCost(
  candidates: readonly Candidate[],
  { maxRows }: BatchLimits,
  { maxPaddedCost, maxWaste }: PaddingLimits,
): Plan {
  const anchor = candidates[0] as Candidate;
  const distance = (index: number) => Math.abs((candidates[index] as Candidate).cost - anchor.cost);
  const nearest = candidates
    .flatMap(({ alone, shapeKey }, index) => (index > 0 && !alone && shapeKey === anchor.shapeKey ? [index] : []))
    .sort((one, other) => distance(one) - distance(other) || one - other);
  const picked = [0];
  let { rows, cost } = anchor;
  let dearest = cost;
  for (const index of nearest) {
    const candidate = candidates[index] as Candidate;
    const most = Math.max(dearest, candidate.cost);
    const padded = most * (picked.length + 1);
    const waste = padded - cost - candidate.cost;
    if (rows + candidate.rows > maxRows || padded > maxPaddedCost || waste > maxWaste * padded) continue;
    picked.push(index);
    rows += candidate.rows;
    cost += candidate.cost;
    dearest = most;
  }
  const reason = picked.length < candidates.length ? 'full' : 'idle';
  return { kind: 'run', picked, rows, reason };
}
