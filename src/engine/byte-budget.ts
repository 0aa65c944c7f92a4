/** A bounded number of bytes that may be held at a time. Budgets nest: a take counts in the parent too. */
export class ByteBudget {
  readonly maxBytes: number;
  readonly #parent: ByteBudget | undefined;
  #usedBytes = 0;

  constructor(maxBytes: number, parent?: ByteBudget) {
    this.maxBytes = maxBytes;
    this.#parent = parent;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Takes the bytes if they fit here and in every parent; else takes nothing and returns false. */
  tryTake(sizeBytes: number): boolean {
    if (this.#usedBytes + sizeBytes > this.maxBytes) return false;
    if (this.#parent !== undefined && !this.#parent.tryTake(sizeBytes)) return false;
    this.#usedBytes += sizeBytes;
    return true;
  }

  release(sizeBytes: number): void {
    this.#usedBytes -= sizeBytes;
    this.#parent?.release(sizeBytes);
  }
}
