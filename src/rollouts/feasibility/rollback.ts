import { type Bet, LOG_MOST_A_BLOCK } from '../judge/bets.js';
import { logLikelihoodRatio, type TwoByTwo } from '../judge/two-by-two.js';
import { binomial } from './binomial.js';
import type { Dealing } from './fine.js';

/** A fault that canary has from its first request on, and what is bet on that. */
export interface FaultTerms {
  /** How frequent the trait is in stable, and in canary. */
  readonly stable: number;
  readonly canary: number;
  readonly bets: readonly Bet[];
  /** Part of the evidence that is staked on the trait. */
  readonly stake: number;
  /** Evidence that is enough. */
  readonly limit: number;
}

const LARGE = 512;

/** Canary's observations after which it is rolled back, with so many standard deviations of slack; Infinity = never. */
export function canaryUntilWorse(terms: FaultTerms, dealing: Dealing, slack: number): number {
  // Larger blocks pay what one of this size does: the most that one block may.
  const blocks = blocksOf(terms, { ...dealing, blockSize: Math.min(dealing.blockSize, LARGE) });
  const needed = Math.min(...terms.bets.map((bet) => blocksUntil(terms, payoffOf(bet, blocks), { bet, slack })));
  return needed * dealing.blockSize * dealing.share;
}

/** The same where each observation is held against a declared share, which is the rate of stable. */
export function aloneUntilWorse(terms: FaultTerms, slack: number): number {
  const { stable, canary } = terms;
  const tolerated = stable / (1 - stable);
  const needs = terms.bets.map((bet) => {
    const agrees = Math.log((1 + tolerated) / (1 + tolerated * bet.odds));
    const step = Math.log(bet.odds);
    const payoff = { mean: agrees + canary * step, variance: canary * (1 - canary) * step * step };
    return blocksUntil(terms, payoff, { bet, slack });
  });
  return Math.min(...needs);
}

/** Mean and variance of ln of what a block multiplies a stake by. */
interface Payoff {
  readonly mean: number;
  readonly variance: number;
}

/** Blocks after which one bet alone has won enough: what they pay is added up, and is close to normal. */
function blocksUntil(
  { limit, stake }: FaultTerms,
  { mean, variance }: Payoff,
  { bet, slack }: { readonly bet: Bet; readonly slack: number },
): number {
  if (mean <= 0) return Number.POSITIVE_INFINITY;
  const wanted = Math.log(limit / (bet.stake * stake));
  const off = slack * Math.sqrt(variance);
  const root = (off + Math.sqrt(off * off + 4 * mean * wanted)) / (2 * mean);
  return Math.max(Math.ceil(root * root), Math.ceil(wanted / LOG_MOST_A_BLOCK));
}

/** Blocks that may come, alike but for how many of canary's requests have the trait, and how likely each is. */
interface LikelyBlock extends TwoByTwo {
  readonly probability: number;
}

function blocksOf({ stable, canary }: FaultTerms, { share, blockSize: size }: Dealing): readonly LikelyBlock[] {
  const blocks: LikelyBlock[] = [];
  for (const dealt of binomial(size, share)) {
    const usual = binomial(size - dealt.value, stable);
    for (const bad of binomial(dealt.value, canary)) {
      for (const { value, probability } of usual) {
        blocks.push({
          size,
          canary: dealt.value,
          flagged: bad.value + value,
          canaryFlagged: bad.value,
          probability: dealt.probability * bad.probability * probability,
        });
      }
    }
  }
  return blocks;
}

function payoffOf({ odds, tolerated }: Bet, blocks: readonly LikelyBlock[]): Payoff {
  const logStep = Math.log(odds / tolerated);
  /** By how much canary and the trait there is in a block, what is paid where canary has none of it. */
  const ofNone = new Map<number, number>();
  let mean = 0;
  let squares = 0;
  for (const { size, canary, flagged, canaryFlagged, probability } of blocks) {
    const key = canary * (size + 1) + flagged;
    let log = ofNone.get(key);
    if (log === undefined) {
      log = logLikelihoodRatio({ size, canary, flagged, canaryFlagged: 0 }, odds, tolerated);
      ofNone.set(key, log);
    }
    const paid = Math.min(log + canaryFlagged * logStep, LOG_MOST_A_BLOCK);
    mean += probability * paid;
    squares += probability * paid * paid;
  }
  return { mean, variance: Math.max(0, squares - mean * mean) };
}
