import { type Bet, Stakes } from './bets.js';
import { type Block, Blocks, type Dealt, tablesOf, traitsOf } from './block.js';
import type { Interval } from './difference.js';
import type { Confidence, Measured } from './metric.js';
import { Tally, type TallyState } from './tally.js';

/** Plain JSON, from which a comparison goes on. */
export interface ComparisonState {
  readonly open?: Block | undefined;
  readonly stable: number;
  readonly canary: number;
  readonly worth: number;
  readonly peak: number;
  readonly tally: TallyState;
  /** By the number of the trait. */
  readonly stakes: readonly (readonly number[])[];
}

/** What is bet on each trait, and how much on which. */
export interface Wager {
  readonly betsOn: (trait: number) => readonly Bet[];
  /** At most 1 for all traits together. */
  readonly stakeOn: (trait: number) => number;
}

/** What is said of all traits. */
export interface Deciding {
  readonly trait: number;
  readonly margin: Interval;
  readonly missing: number | undefined;
  readonly measured: Measured;
}

const NO_MARGIN: Interval = { low: -1, high: 1 };

/** By how much the bounds of a difference are beyond the margin. */
function excess(difference: Interval, margin: Interval): number {
  const above = margin.high >= 1 ? Number.NEGATIVE_INFINITY : difference.high - margin.high;
  const below = margin.low <= -1 ? Number.NEGATIVE_INFINITY : margin.low - difference.low;
  return Math.max(above, below);
}

/** Compares how frequent traits are in the two arms: each observation has any of them (it failed; it is late; its class is the third). */
export class Comparison {
  readonly #wager: Wager;
  readonly #blocks: Blocks;
  readonly #tally: Tally;
  readonly #stakes: Stakes[];
  readonly #counts = { stable: 0, canary: 0 };
  /** The evidence of all traits, now. */
  #worth: number;
  #peak: number;

  constructor(wager: Wager, state?: ComparisonState) {
    this.#wager = wager;
    this.#blocks = new Blocks(state?.open);
    this.#tally = new Tally(state?.tally);
    this.#worth = state?.worth ?? 1;
    this.#peak = state?.peak ?? 1;
    this.#stakes = (state?.stakes ?? []).map((logs, trait) => new Stakes(wager.betsOn(trait), logs));
    if (state !== undefined) this.#counts = { stable: state.stable, canary: state.canary };
  }

  /** Observations of each arm. */
  get counts(): { readonly stable: number; readonly canary: number } {
    return this.#counts;
  }

  /** The highest evidence yet (an e-value) that traits are more frequent in canary than tolerated, or whatever was bet on. */
  get peak(): number {
    return this.#peak;
  }

  /** Traits that were seen have numbers below this. */
  get traits(): number {
    return this.#stakes.length;
  }

  /** Counts an observation with these traits; returns the block that is full by it. */
  observe(dealt: Dealt, from: number, traits: readonly number[]): Block | undefined {
    this.#counts[dealt.arm]++;
    for (const trait of traits) this.#learn(trait);
    const block = this.#blocks.add(dealt, from, traits);
    if (block !== undefined) this.#settle(block);
    return block;
  }

  /** What was measured of a trait, by the evidence of all. */
  measured(trait: number, { limit, alpha }: Confidence): Measured {
    const { stable, canary, difference } = this.#tally.rates(trait, alpha);
    return { stable, canary, difference, evidence: this.#peak, limit, observations: { ...this.#counts } };
  }

  /**
   * The trait that decides, of those with these margins: where the evidence is enough, the one that has most of it; otherwise the one that is
   * farthest from being fine.
   */
  deciding(margins: readonly Interval[], confidence: Confidence): Deciding {
    const isWorse = this.#peak >= confidence.limit;
    let trait = 0;
    let most = Number.NEGATIVE_INFINITY;
    for (const [index, margin] of margins.entries()) {
      const weight = isWorse
        ? this.#stakedWorth(index)
        : excess(this.#tally.rates(index, confidence.alpha).difference, margin);
      if (weight <= most) continue;
      most = weight;
      trait = index;
    }
    const margin = margins[trait] ?? NO_MARGIN;
    const missing = this.missing(trait, confidence.alpha, margin);
    return { trait, margin, missing, measured: this.measured(trait, confidence) };
  }

  /** See {@link Tally.missing}. */
  missing(trait: number, alpha: number, margin: Interval): number | undefined {
    return this.#tally.missing(trait, alpha, margin);
  }

  snapshot(): ComparisonState {
    return {
      open: this.#blocks.snapshot(),
      ...this.#counts,
      worth: this.#worth,
      peak: this.#peak,
      tally: this.#tally.snapshot(),
      stakes: this.#stakes.map((stakes) => stakes.snapshot()),
    };
  }

  /** What a trait contributes to the evidence of all. */
  #stakedWorth(trait: number): number {
    return this.#wager.stakeOn(trait) * (this.#stakes[trait]?.worth() ?? 1);
  }

  #learn(trait: number): void {
    while (this.#stakes.length <= trait) this.#stakes.push(new Stakes(this.#wager.betsOn(this.#stakes.length)));
  }

  #settle(block: Block): void {
    this.#tally.addBlock(block);
    for (let trait = traitsOf(block) - 1; trait >= 0; trait--) {
      const tables = tablesOf(block, trait);
      const stakes = this.#stakes[trait];
      if (tables.length === 0 || stakes === undefined) continue;
      this.#tally.addTables(trait, tables);
      const before = stakes.worth();
      stakes.settle(tables);
      this.#worth += this.#wager.stakeOn(trait) * (stakes.worth() - before);
    }
    this.#peak = Math.max(this.#peak, this.#worth);
  }
}
