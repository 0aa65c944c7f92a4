import { fromBase64, toBase64 } from '../base64.js';

const FIRST_CAPACITY = 64;

/** Different 32-bit hashes in ascending order, four bytes each. */
export class SortedHashes {
  #hashes: Uint32Array;
  #size = 0;

  /** `kept`: what {@link snapshot} has returned. */
  constructor(kept = '') {
    this.#hashes = new Uint32Array(fromBase64(kept));
    this.#size = this.#hashes.length;
  }

  get size(): number {
    return this.#size;
  }

  get largest(): number | undefined {
    return this.#size === 0 ? undefined : this.#hashes[this.#size - 1];
  }

  /** False where it is there already. */
  add(hash: number): boolean {
    const unsigned = hash >>> 0;
    const at = this.#placeOf(unsigned);
    if (at < this.#size && this.#hashes[at] === unsigned) return false;
    if (this.#size === this.#hashes.length) this.#grow();
    this.#hashes.copyWithin(at + 1, at, this.#size);
    this.#hashes[at] = unsigned;
    this.#size++;
    return true;
  }

  removeLargest(): void {
    this.#size = Math.max(0, this.#size - 1);
  }

  /** Base64. */
  snapshot(): string {
    return toBase64(this.#hashes.subarray(0, this.#size));
  }

  /** Of the first one that is not smaller. */
  #placeOf(hash: number): number {
    let low = 0;
    let high = this.#size;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#hashes[middle] ?? 0) < hash) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #grow(): void {
    const larger = new Uint32Array(Math.max(FIRST_CAPACITY, this.#hashes.length * 2));
    larger.set(this.#hashes);
    this.#hashes = larger;
  }
}
