import { leastCount } from './least-count.js';
import type { TwoByTwo } from './two-by-two.js';

/** A difference of two shares (canary's less stable's), and bounds that hold at all times together. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** How much was compared, summed over blocks with requests of both arms. Plain JSON. */
export interface Compared {
  /** Canary's requests: how much each block counts. */
  canary: number;
  /** Of canary² / stable: by how much stable's rates blur the estimate. */
  blur: number;
}

/** What was seen of a value between 0 and 1 (a trait: 1 = has it) in those blocks. Plain JSON. */
export interface Seen {
  /** Sums of canary's values, and of their squares. */
  canary: number;
  canarySquares: number;
  /** The same at stable's rates: each block's mean times canary's requests in it. */
  expected: number;
  expectedSquares: number;
}

export const NOT_COMPARED: Readonly<Compared> = { canary: 0, blur: 0 };
export const NOT_SEEN: Readonly<Seen> = { canary: 0, canarySquares: 0, expected: 0, expectedSquares: 0 };

export function addCompared(
  compared: Compared,
  { stable, canary }: { readonly stable: number; readonly canary: number },
): void {
  if (stable === 0 || canary === 0) return;
  compared.canary += canary;
  compared.blur += (canary * canary) / stable;
}

/** Each block is compared with itself: neither load nor shares that change on the way look like a difference. */
export function addSeen(seen: Seen, { size, canary, flagged, canaryFlagged }: TwoByTwo): void {
  const stable = size - canary;
  if (stable === 0 || canary === 0) return;
  const expected = (canary * (flagged - canaryFlagged)) / stable;
  seen.canary += canaryFlagged;
  seen.canarySquares += canaryFlagged;
  seen.expected += expected;
  seen.expectedSquares += expected;
}

/** The same for values between 0 and 1, the sums of which are given by arm. */
export function addValues(seen: Seen, arms: { readonly stable: ValueSums; readonly canary: ValueSums }): void {
  const { stable, canary } = arms;
  if (stable.count === 0 || canary.count === 0) return;
  seen.canary += canary.sum;
  seen.canarySquares += canary.squares;
  seen.expected += (canary.count * stable.sum) / stable.count;
  seen.expectedSquares += (canary.count * stable.squares) / stable.count;
}

export interface ValueSums {
  readonly count: number;
  readonly sum: number;
  readonly squares: number;
}

/** Requests of canary for which the bounds are narrowest, compared with how narrow they can be. */
const TUNED_FOR = 300;

/**
 * Where the difference lies: an asymptotic confidence sequence (Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas, "Time-uniform central limit
 * theory", 2024). With probability 1 - `alpha` it contains the difference whenever it is looked at, approximately.
 */
export function interval({ canary, blur }: Readonly<Compared>, seen: Readonly<Seen>, alpha: number): Interval {
  if (canary === 0) return { low: -1, high: 1 };
  const estimate = (seen.canary - seen.expected) / canary;
  const variance =
    spread(seen.canary, seen.canarySquares, canary) * canary +
    spread(seen.expected, seen.expectedSquares, canary) * blur;
  const time = canary / TUNED_FOR;
  const width = Math.sqrt((1 + 1 / time) * Math.log((1 + time) / alpha ** 2));
  const radius = (Math.sqrt(variance) / canary) * width;
  return { low: Math.max(estimate - radius, -1), high: Math.min(estimate + radius, 1) };
}

/** Whether the bounds lie within the margin; -1 and 1 are no limits. */
export function isWithin({ low, high }: Interval, margin: Interval): boolean {
  return (low > margin.low || margin.low <= -1) && (high < margin.high || margin.high >= 1);
}

/** More than any rollout has. */
const MOST = 2 ** 40;

/** Canary's requests after which the difference is known to be within the margin, if all goes on as it did; undefined = never, or nothing is known. */
export function canaryUntilWithin(
  { compared, seen }: { readonly compared: Readonly<Compared>; readonly seen: Readonly<Seen> },
  alpha: number,
  margin: Interval,
): number | undefined {
  const { canary } = compared;
  if (canary === 0) return undefined;
  const isEnough = (count: number) => {
    const times = count / canary;
    return isWithin(interval(scaledCompared(compared, times), scaledSeen(seen, times), alpha), margin);
  };
  return leastCount(isEnough, { first: Math.ceil(canary), most: MOST });
}

function scaledCompared({ canary, blur }: Readonly<Compared>, times: number): Compared {
  return { canary: canary * times, blur: blur * times };
}

function scaledSeen({ canary, canarySquares, expected, expectedSquares }: Readonly<Seen>, times: number): Seen {
  return {
    canary: canary * times,
    canarySquares: canarySquares * times,
    expected: expected * times,
    expectedSquares: expectedSquares * times,
  };
}

/** The variance of one value, as if there had been a 0 and a 1 more: what was not seen in ten requests may still be there. */
function spread(sum: number, squares: number, size: number): number {
  const mean = (sum + 1) / (size + 2);
  return (squares + 1) / (size + 2) - mean * mean;
}
