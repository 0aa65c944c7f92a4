import { interval } from '../judge/difference.js';
import { leastCount } from '../judge/least-count.js';
import { binomial } from './binomial.js';

/** What a metric compares, and when canary is fine by it. */
export interface FineTerms {
  /** How frequent the trait is in both arms. */
  readonly rate: number;
  /** The difference that is still fine. */
  readonly margin: number;
  /** As many times the margin that is set; default 1. */
  readonly times?: number;
  /** Where canary is held against a declared share, and not against stable: that share. */
  readonly tolerated?: number;
}

/** How requests, or the first ones of keys, are dealt and compared. */
export interface Dealing {
  /** Canary's, 0 to 1. */
  readonly share: number;
  readonly blockSize: number;
}

/** How sure the bounds are, and how sure it has to be that they are narrow enough by then. */
export interface Certainty {
  /** How likely bounds fail to hold at some time. */
  readonly alpha: number;
  /** Standard deviations by which the estimate may be worse than expected. */
  readonly slack: number;
}

/** No judge compares more. */
const MOST = 1e9;

/** Observations of canary after which one that is like stable is fine; Infinity = never. */
export function canaryUntilFine(terms: FineTerms, dealing: Dealing, certainty: Certainty): number {
  const { compared, blur } = blockOf(terms, dealing);
  const isFine = (count: number) => differenceAfter(count, blur, { terms, certainty }) < terms.margin;
  if (compared === 0) return Number.POSITIVE_INFINITY;
  const least = leastCount(isFine, { first: 1, most: MOST }) ?? Number.POSITIVE_INFINITY;
  const { share, blockSize } = dealing;
  // The last block counts once it is full.
  return terms.tolerated === undefined ? least / compared + blockSize * share : least;
}

/** The least margin by which canary is fine after so many observations of it. */
export function marginAfter(
  terms: FineTerms,
  dealing: Dealing & { readonly canary: number },
  certainty: Certainty,
): number {
  const { compared, blur } = blockOf(terms, dealing);
  const { canary, blockSize, share } = dealing;
  const count = terms.tolerated === undefined ? (canary - blockSize * share) * compared : canary;
  return count <= 0 ? 1 : differenceAfter(count, blur, { terms, certainty });
}

/** Upper bound of the difference after so many of canary's observations were compared, if the estimate is off by the slack. */
function differenceAfter(
  count: number,
  blur: number,
  {
    terms: { rate, tolerated },
    certainty: { alpha, slack },
  }: { readonly terms: FineTerms; readonly certainty: Certainty },
): number {
  const off = slack * Math.sqrt(rate * (1 - rate) * count * (1 + blur));
  const canary = Math.min(rate * count + off, count);
  const expected = tolerated === undefined ? rate * count : 0;
  const seen = { canary, canarySquares: canary, expected, expectedSquares: expected };
  return interval({ canary: count, blur: blur * count }, seen, alpha).high - (tolerated ?? 0);
}

/** Which share of canary's observations is in blocks with both arms, and how much stable's blur each of these (canary / stable of its block). */
function blockOf(
  { tolerated }: FineTerms,
  { share, blockSize }: Dealing,
): { readonly compared: number; readonly blur: number } {
  if (tolerated !== undefined) return { compared: 1, blur: 0 };
  let compared = 0;
  let blur = 0;
  for (const { value: canary, probability } of binomial(blockSize, share)) {
    const stable = blockSize - canary;
    if (stable <= 0) continue;
    compared += probability * canary;
    blur += (probability * canary * canary) / stable;
  }
  return compared === 0 ? { compared, blur } : { compared: compared / (blockSize * share), blur: blur / compared };
}
