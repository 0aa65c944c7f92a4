import { hashText } from '../core/index.js';

const MIN_SLOTS = 1_024;

/**
 * Which ids a batch has, as 64 bits of each: 16 bytes of memory an id at most. Two ids count as one with a probability of 3 in 10^8 for a million ids.
 */
export class KnownIds {
  #slots = new Uint32Array(2 * MIN_SLOTS);
  #count = 0;

  /** False = it is known. */
  add(id: string): boolean {
    const { high, low } = hashText(id);
    // Zero marks a slot that is free.
    const isAdded = put(this.#slots, high, low === 0 ? 1 : low);
    if (isAdded && ++this.#count * 4 > this.#slots.length) this.#grow();
    return isAdded;
  }

  #grow(): void {
    const slots = new Uint32Array(2 * this.#slots.length);
    for (let at = 0; at < this.#slots.length; at += 2) {
      const low = this.#slots[at + 1] as number;
      if (low !== 0) put(slots, this.#slots[at] as number, low);
    }
    this.#slots = slots;
  }
}

/** Puts an entry into a table with linear probing; false = it is there. */
function put(slots: Uint32Array, high: number, low: number): boolean {
  const mask = slots.length / 2 - 1;
  for (let slot = low & mask; ; slot = (slot + 1) & mask) {
    const found = slots[2 * slot + 1];
    if (found === 0) {
      slots[2 * slot] = high;
      slots[2 * slot + 1] = low;
      return true;
    }
    if (found === low && slots[2 * slot] === high) return false;
  }
}
