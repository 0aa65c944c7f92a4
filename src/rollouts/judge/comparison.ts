import { type Bet, logPayoff, Stakes } from './bets.js';
import { type Block, Blocks, type Dealt, tableOf } from './block.js';
import {
  addCompared,
  addSeen,
  type Compared,
  type Interval,
  interval,
  NOT_COMPARED,
  NOT_SEEN,
  type Seen,
} from './difference.js';
import type { Confidence, Measured } from './metric.js';

/** Plain JSON, from which a comparison goes on. */
export interface ComparisonState {
  readonly open: readonly Block[];
  readonly stable: number;
  readonly canary: number;
  readonly peak: number;
  readonly compared: Readonly<Compared>;
  readonly traits: readonly TraitState[];
}

interface TraitState {
  readonly stakes: readonly number[];
  readonly seen: Readonly<Seen>;
}

/** What is bet on each trait, and how much on which. */
export interface Wager {
  readonly bets: readonly Bet[];
  /** By the number of the trait; at most 1 for all together. */
  readonly stakeOf: (trait: number) => number;
}

/** What is known of a trait. */
export interface TraitReport {
  /** Shares of the requests of each arm in the same blocks that have it; undefined before there was one with both arms. */
  readonly stable: number | undefined;
  readonly canary: number | undefined;
  readonly difference: Interval;
  /** The evidence (an e-value) of this trait alone, now. */
  readonly worth: number;
}

/** Compares how frequent traits are in the two arms: each observation has one of them (it failed; its class is the third) or none. */
export class Comparison {
  readonly #wager: Wager;
  readonly #blocks: Blocks;
  readonly #traits: { readonly stakes: Stakes; readonly seen: Seen }[] = [];
  readonly #compared: Compared;
  readonly #counts = { stable: 0, canary: 0 };
  #peak: number;

  constructor(wager: Wager, state?: ComparisonState) {
    this.#wager = wager;
    this.#blocks = new Blocks(state?.open ?? []);
    this.#compared = { ...(state?.compared ?? NOT_COMPARED) };
    this.#peak = state?.peak ?? 1;
    if (state === undefined) return;
    this.#counts = { stable: state.stable, canary: state.canary };
    for (const trait of state.traits) this.#learn(trait);
  }

  /** Observations of each arm. */
  get counts(): { readonly stable: number; readonly canary: number } {
    return this.#counts;
  }

  /** The highest evidence yet (an e-value) that traits are more frequent in canary than tolerated, or whatever was bet on. */
  get peak(): number {
    return this.#peak;
  }

  /** Counts an observation with this trait (-1 = none); returns the block that is full by it. */
  observe(dealt: Dealt, trait: number): Block | undefined {
    this.#counts[dealt.arm]++;
    while (this.#traits.length <= trait) this.#learn({ stakes: [], seen: NOT_SEEN });
    const block = this.#blocks.add(dealt, trait);
    if (block !== undefined) this.#settle(block);
    return block;
  }

  report(trait: number, alpha: number): TraitReport {
    const { canary } = this.#compared;
    const { seen, stakes } = this.#traits[trait] ?? { seen: NOT_SEEN };
    return {
      stable: canary === 0 ? undefined : seen.expected / canary,
      canary: canary === 0 ? undefined : seen.canary / canary,
      difference: interval(this.#compared, seen, alpha),
      worth: stakes?.worth() ?? 1,
    };
  }

  /** What was measured of a trait, by the evidence of all. */
  measured(trait: number, { limit, alpha }: Confidence): Measured {
    const { stable, canary, difference } = this.report(trait, alpha);
    return { stable, canary, difference, evidence: this.#peak, limit, observations: { ...this.#counts } };
  }

  /** Of each trait that was seen. */
  reports(alpha: number): readonly TraitReport[] {
    return this.#traits.map((_, trait) => this.report(trait, alpha));
  }

  snapshot(): ComparisonState {
    const traits = this.#traits.map(({ stakes, seen }) => ({ stakes: stakes.snapshot(), seen: { ...seen } }));
    return {
      open: this.#blocks.snapshot(),
      ...this.#counts,
      peak: this.#peak,
      compared: { ...this.#compared },
      traits,
    };
  }

  #learn({ stakes, seen }: TraitState): void {
    this.#traits.push({ stakes: new Stakes(this.#wager.bets, stakes), seen: { ...seen } });
  }

  #settle(block: Block): void {
    addCompared(this.#compared, block);
    let worth = 1;
    for (const [trait, { stakes, seen }] of this.#traits.entries()) {
      const table = tableOf(block, trait);
      stakes.settle((bet) => logPayoff(table, bet));
      addSeen(seen, table);
      worth += this.#wager.stakeOf(trait) * (stakes.worth() - 1);
    }
    this.#peak = Math.max(this.#peak, worth);
  }
}
