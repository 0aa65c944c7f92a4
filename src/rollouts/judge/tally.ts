import type { Block } from './block.js';
import {
  addCompared,
  addSeen,
  type Compared,
  canaryUntilWithin,
  type Interval,
  interval,
  NOT_COMPARED,
  NOT_SEEN,
  type Seen,
} from './difference.js';
import type { TwoByTwo } from './two-by-two.js';

/** Plain JSON. */
export interface TallyState {
  readonly compared: Readonly<Compared>;
  readonly seen: readonly Readonly<Seen>[];
}

/** How frequent a trait is. */
export interface Rates {
  /** Shares of the requests of each arm in the same blocks that have it; undefined before there was one with both arms. */
  readonly stable: number | undefined;
  readonly canary: number | undefined;
  readonly difference: Interval;
}

/** Adds up over blocks how frequent each trait is in both arms. */
export class Tally {
  readonly #compared: Compared;
  readonly #seen: Seen[];

  constructor(state?: TallyState) {
    this.#compared = { ...(state?.compared ?? NOT_COMPARED) };
    this.#seen = (state?.seen ?? []).map((seen) => ({ ...seen }));
  }

  /** Canary's requests that were compared. */
  get compared(): number {
    return this.#compared.canary;
  }

  /** Adds a block; {@link addTables} has to be called for each of its traits as well. */
  addBlock({ strata }: Block): void {
    for (const stratum of strata) addCompared(this.#compared, stratum);
  }

  /** Adds a trait of a block. */
  addTables(trait: number, tables: readonly TwoByTwo[]): void {
    while (this.#seen.length <= trait) this.#seen.push({ ...NOT_SEEN });
    const seen = this.#seen[trait];
    if (seen !== undefined) for (const table of tables) addSeen(seen, table);
  }

  rates(trait: number, alpha: number): Rates {
    const { canary } = this.#compared;
    const seen = this.#seen[trait] ?? NOT_SEEN;
    return {
      stable: canary === 0 ? undefined : seen.expected / canary,
      canary: canary === 0 ? undefined : seen.canary / canary,
      difference: interval(this.#compared, seen, alpha),
    };
  }

  /** Further requests of canary after which the difference is known to be within the margin, if it stays as it is; undefined = never. */
  missing(trait: number, alpha: number, margin: Interval): number | undefined {
    const seen = this.#seen[trait] ?? NOT_SEEN;
    const needed = canaryUntilWithin({ compared: this.#compared, seen }, alpha, margin);
    return needed === undefined ? undefined : Math.max(0, needed - this.#compared.canary);
  }

  snapshot(): TallyState {
    return { compared: { ...this.#compared }, seen: this.#seen.map((seen) => ({ ...seen })) };
  }
}
