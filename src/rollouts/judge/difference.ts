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

/** How often a trait was seen in those blocks. Plain JSON. */
export interface Seen {
  canary: number;
  /** How often canary would have had it at stable's rates: each block's rate times canary's requests in it. */
  expected: number;
}

export const NOT_COMPARED: Readonly<Compared> = { canary: 0, blur: 0 };
export const NOT_SEEN: Readonly<Seen> = { canary: 0, expected: 0 };

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
  seen.canary += canaryFlagged;
  seen.expected += (canary * (flagged - canaryFlagged)) / stable;
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
  const variance = spread(seen.canary, canary) * canary + spread(seen.expected, canary) * blur;
  const time = canary / TUNED_FOR;
  const width = Math.sqrt((1 + 1 / time) * Math.log((1 + time) / alpha ** 2));
  const radius = (Math.sqrt(variance) / canary) * width;
  return { low: Math.max(estimate - radius, -1), high: Math.min(estimate + radius, 1) };
}

/** Of one request, as if one more had the trait and one more had not: what was not seen in ten requests may still be there. */
function spread(flagged: number, size: number): number {
  const rate = (flagged + 1) / (size + 2);
  return rate * (1 - rate);
}
