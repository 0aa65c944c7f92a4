import { type ByteBudget, PrincipalShares } from '../core/index.js';

/** Memory for generated text that waits for slow readers: of the same budget as requests that wait or run, and half of it for one principal at most. */
export class UnreadAnswers {
  readonly #budget: ByteBudget;
  readonly #shares: PrincipalShares;

  constructor(budget: ByteBudget) {
    this.#budget = budget;
    this.#shares = new PrincipalShares(budget.maxBytes);
  }

  /** Of all principals. */
  get sizeBytes(): number {
    return this.#shares.sizeBytes;
  }

  /** False where there is no room. */
  take(principal: string, sizeBytes: number): boolean {
    if (!this.#shares.take(principal, sizeBytes)) return false;
    if (this.#budget.take(sizeBytes) === undefined) return true;
    this.#shares.release(principal, sizeBytes);
    return false;
  }

  release(principal: string, sizeBytes: number): void {
    this.#shares.release(principal, sizeBytes);
    this.#budget.release(sizeBytes);
  }
}
