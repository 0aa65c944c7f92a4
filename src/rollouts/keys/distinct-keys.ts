import { SortedHashes } from './sorted-hashes.js';

/** Smallest hashes that are kept: 4 KiB. */
const MAX_HASHES = 1_024;
const HASHES = 2 ** 32;

/**
 * Counts different keys by the smallest of their hashes (a KMV sketch): exactly up to 1,024, then with a standard error of 3 %.
 */
export class DistinctKeys {
  readonly #smallest: SortedHashes;

  constructor(kept?: string) {
    this.#smallest = new SortedHashes(kept);
  }

  /** Takes 32 bits that stand for a key, well mixed. Returns whether what is kept has changed. */
  add(hash: number): boolean {
    const { size, largest = 0 } = this.#smallest;
    if (size === MAX_HASHES && hash >>> 0 >= largest) return false;
    if (!this.#smallest.add(hash)) return false;
    if (size === MAX_HASHES) this.#smallest.removeLargest();
    return true;
  }

  /** About how many different ones there were. */
  get count(): number {
    const { size, largest = 0 } = this.#smallest;
    return size < MAX_HASHES ? size : Math.round(((size - 1) * HASHES) / (largest + 1));
  }

  snapshot(): string {
    return this.#smallest.snapshot();
  }
}
