import type { Message } from './message.js';

/** A bounded number of bytes that may be held at a time. Budgets nest: a take counts in the parent too. */
export class ByteBudget {
  /** Whose bytes they are, for messages: `the server`, `model 'mlp/3'`. */
  readonly owner: string | Message;
  readonly maxBytes: number;
  readonly #parent: ByteBudget | undefined;
  #usedBytes = 0;

  constructor(owner: string | Message, maxBytes: number, parent?: ByteBudget) {
    this.owner = owner;
    this.maxBytes = maxBytes;
    this.#parent = parent;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /**
   * Takes the bytes if they fit here and in every parent; else takes nothing and returns the one that is full. `share`: of each budget,
   * what may be used afterwards; the rest is left to others.
   */
  take(sizeBytes: number, share = 1): ByteBudget | undefined {
    if (this.#usedBytes + sizeBytes > this.maxBytes * share) return this;
    const full = this.#parent?.take(sizeBytes, share);
    if (full === undefined) this.#usedBytes += sizeBytes;
    return full;
  }

  release(sizeBytes: number): void {
    this.#usedBytes -= sizeBytes;
    this.#parent?.release(sizeBytes);
  }
}
