import { type Bet, LOG_MOST_A_BLOCK, Stakes } from './bets.js';
import { type DealtValues, logDealRatio } from './dealt-values.js';
import {
  addCompared,
  addValues,
  type Compared,
  canaryUntilWithin,
  interval,
  NOT_COMPARED,
  NOT_SEEN,
  type Seen,
  type ValueSums,
} from './difference.js';
import { formatCount, formatNumber } from './format.js';
import { type Confidence, type Measured, type Metric, verdictOf } from './metric.js';
import type { ObservedOutcome } from './observation.js';
import type { OutcomeOptions } from './options.js';
import type { MetricVerdict } from './verdict.js';

/** Outcomes of requests that chance has assigned with the same probability, in the order in which they came. Plain JSON. */
interface OpenOutcomes {
  readonly share: number;
  /** As that of a stratum of a block of requests. */
  readonly from: number;
  /** How full it is, of {@link BLOCK_OUTCOMES}. */
  filled: number;
  /** What is missing to 1. */
  readonly values: number[];
  readonly isCanary: boolean[];
}

/** Plain JSON. */
export interface OutcomesState {
  readonly open: readonly OpenOutcomes[];
  readonly stakes: readonly number[];
  readonly peak: number;
  readonly compared: Readonly<Compared>;
  readonly seen: Readonly<Seen>;
  readonly counts: { readonly stable: number; readonly canary: number };
}

/** Outcomes in a block; they are rarer than requests, and those of keys are still rarer: half as many fill it. */
export const BLOCK_OUTCOMES = 32;
const KEY_OUTCOMES = 2;

/** Shares whose blocks are open at the same time; late outcomes are of steps that are long over. The oldest one is forgotten for a further one. */
const MAX_OPEN = 8;

/** From outcomes that are 0 or 1 to amounts that hardly differ: a bet on large odds is one on small differences. */
export const BETS: readonly Bet[] = [0.5, 1.5, 5, 15].map((log) => ({
  odds: Math.exp(log),
  tolerated: 1,
  stake: 0.25,
}));

const NO_OUTCOMES: OutcomesState = {
  open: [],
  stakes: [],
  peak: 1,
  compared: NOT_COMPARED,
  seen: NOT_SEEN,
  counts: { stable: 0, canary: 0 },
};

/** Whether what comes of canary's answers is worse than what comes of stable's. */
export class OutcomesMetric implements Metric {
  readonly #options: Required<OutcomeOptions>;
  readonly #confidence: Confidence;
  readonly #open: OpenOutcomes[];
  readonly #stakes: Stakes;
  readonly #compared: Compared;
  readonly #seen: Seen;
  readonly #counts: { stable: number; canary: number };
  #peak: number;

  constructor(options: Required<OutcomeOptions>, confidence: Confidence, state = NO_OUTCOMES) {
    this.#options = options;
    this.#confidence = confidence;
    this.#open = structuredClone([...state.open]);
    this.#stakes = new Stakes(BETS, state.stakes);
    this.#compared = { ...state.compared };
    this.#seen = { ...state.seen };
    this.#counts = { ...state.counts };
    this.#peak = state.peak;
  }

  observe({ arm, share, value, key }: ObservedOutcome, from: number): void {
    this.#counts[arm]++;
    const block = this.#blockOf(share, from);
    block.filled += key === undefined ? 1 : KEY_OUTCOMES;
    block.values.push(1 - Math.min(Math.max(value, 0), 1));
    block.isCanary.push(arm === 'canary');
    if (block.filled < BLOCK_OUTCOMES) return;
    this.#open.splice(this.#open.indexOf(block), 1);
    this.#settle(block);
  }

  isWorse(): boolean {
    return this.#peak >= this.#confidence.limit;
  }

  verdict(): MetricVerdict {
    const { canary: compared } = this.#compared;
    // Turned around: what is measured is what is missing to 1.
    const { low, high } = interval(this.#compared, this.#seen, this.#confidence.alpha);
    const measured = {
      stable: compared === 0 ? undefined : 1 - this.#seen.expected / compared,
      canary: compared === 0 ? undefined : 1 - this.#seen.canary / compared,
      difference: { low: -high, high: -low },
      evidence: this.#peak,
      limit: this.#confidence.limit,
      observations: { ...this.#counts },
    };
    const { margin } = this.#options;
    const sums = { compared: this.#compared, seen: this.#seen };
    const until = canaryUntilWithin(sums, this.#confidence.alpha, { low: -1, high: margin });
    return verdictOf({
      name: 'outcomes',
      isWorse: this.isWorse(),
      measured,
      margin: { low: -margin, high: 1 },
      missing: until === undefined ? undefined : until - compared,
      comparison: compare(measured),
      worseWords: 'outcomes are worse',
      nothingYet: 'not enough of both versions yet',
      unit: 'outcomes of canary',
    });
  }

  snapshot(): OutcomesState {
    return {
      open: structuredClone(this.#open),
      stakes: this.#stakes.snapshot(),
      peak: this.#peak,
      compared: { ...this.#compared },
      seen: { ...this.#seen },
      counts: { ...this.#counts },
    };
  }

  #blockOf(share: number, from: number): OpenOutcomes {
    for (const block of this.#open) if (block.share === share && block.from === from) return block;
    if (this.#open.length === MAX_OPEN) this.#open.shift();
    const block: OpenOutcomes = { share, from, filled: 0, values: [], isCanary: [] };
    this.#open.push(block);
    return block;
  }

  #settle(block: DealtValues): void {
    const arms = { stable: sumsOf(block, false), canary: sumsOf(block, true) };
    addCompared(this.#compared, { stable: arms.stable.count, canary: arms.canary.count });
    addValues(this.#seen, arms);
    if (arms.stable.count === 0 || arms.canary.count === 0) return;
    this.#stakes.add(({ odds }) => Math.min(logDealRatio(block, odds), LOG_MOST_A_BLOCK));
    this.#peak = Math.max(this.#peak, this.#stakes.worth());
  }
}

function sumsOf({ values, isCanary }: DealtValues, ofCanary: boolean): ValueSums {
  const own = values.filter((_, index) => isCanary[index] === ofCanary);
  return {
    count: own.length,
    sum: own.reduce((sum, value) => sum + value, 0),
    squares: own.reduce((sum, value) => sum + value * value, 0),
  };
}

function compare({ stable, canary, observations }: Measured): string | undefined {
  if (stable === undefined || canary === undefined) return undefined;
  const count = formatCount(observations.canary);
  return `${formatNumber(canary)} on average of canary's ${count}, ${formatNumber(stable)} of stable's`;
}
