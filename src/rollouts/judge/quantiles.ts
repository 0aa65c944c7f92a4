import { fromBase64, toBase64 } from '../base64.js';

/** Plain JSON. */
export interface QuantilesState {
  /** Base64 of the last values, as 64-bit floats. */
  readonly values: string;
  /** How many there were. */
  readonly count: number;
  /** Of them since the last block. */
  readonly added: number;
  readonly thresholds: readonly number[];
}

/** Values that quantiles are taken of; and how many of a block at most, so that they are of some seconds on a busy server, too. */
const KEPT = 128;
const MOST_A_BLOCK = 32;

/**
 * Follows quantiles of stable's values: those of the last ones. They change with whole blocks only, so that what is beyond them in a block does
 * not depend on which arms had what in it; before the first one is full, nothing is beyond.
 */
export class Quantiles {
  readonly #quantiles: readonly number[];
  readonly #values: Float64Array;
  #count: number;
  #added: number;
  #thresholds: readonly number[];

  constructor(quantiles: readonly number[], state?: QuantilesState) {
    this.#quantiles = quantiles;
    this.#values = new Float64Array(KEPT);
    if (state !== undefined) this.#values.set(new Float64Array(fromBase64(state.values)));
    this.#count = state?.count ?? 0;
    this.#added = state?.added ?? 0;
    this.#thresholds = state?.thresholds ?? [];
  }

  /** In the order of the quantiles; empty before they are known. */
  get thresholds(): readonly number[] {
    return this.#thresholds;
  }

  /** One value of stable. */
  observe(value: number): void {
    if (this.#added === MOST_A_BLOCK) return;
    this.#added++;
    this.#values[this.#count++ % KEPT] = value;
  }

  /** A block has ended. */
  settle(): void {
    if (this.#added === 0) return;
    this.#added = 0;
    const sorted = this.#values.slice(0, Math.min(this.#count, KEPT)).sort();
    this.#thresholds = this.#quantiles.map((quantile) => {
      const rank = Math.ceil(quantile * sorted.length) - 1;
      return sorted[Math.max(rank, 0)] ?? 0;
    });
  }

  snapshot(): QuantilesState {
    const values = toBase64(this.#values.subarray(0, Math.min(this.#count, KEPT)));
    return { values, count: this.#count, added: this.#added, thresholds: [...this.#thresholds] };
  }
}
