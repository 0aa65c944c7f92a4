import { type BatchingChoice, DEARER_RATIO, formatRowMs } from './choice.js';

/** Milliseconds of a row in two runs, one after the other: of a request alone, and of several together. */
export interface RunPair {
  readonly aloneMs: number;
  readonly togetherMs: number;
}

/** Pairs that a decision takes. */
export const PAIRS = 15;
/** Batching is clearly dearer if it is in so many of them: by chance, in fewer than 2 of 100 decisions, if half as many would be expected. */
export const CLEARLY_DEARER_PAIRS = 12;

/** On unless batches are clearly dearer than requests alone; undefined = there are too few pairs. */
export function decideByPairs(pairs: readonly RunPair[]): BatchingChoice | undefined {
  if (pairs.length < PAIRS) return undefined;
  const dearer = pairs.filter(({ aloneMs, togetherMs }) => togetherMs > aloneMs * DEARER_RATIO).length;
  const aloneMs = median(pairs.map((pair) => pair.aloneMs));
  const togetherMs = median(pairs.map((pair) => pair.togetherMs));
  return {
    enabled: dearer < CLEARLY_DEARER_PAIRS,
    cause: 'measured_in_runs',
    reason:
      `measured in ${pairs.length} pairs of runs: a row takes ${formatRowMs(aloneMs)} alone and ` +
      `${formatRowMs(togetherMs)} in batches, which were dearer in ${dearer} of them`,
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
