import type { ByteBudget } from '../core/index.js';

/** Of the budget, what the answers of one principal may take. */
const PRINCIPAL_SHARE = 0.5;

/** Memory for generated text that waits for slow readers: of the same budget as requests that wait or run, and half of it for one principal at most. */
export class UnreadAnswers {
  readonly #budget: ByteBudget;
  readonly #byPrincipal = new Map<string, number>();

  constructor(budget: ByteBudget) {
    this.#budget = budget;
  }

  /** Of all principals. */
  get sizeBytes(): number {
    let sum = 0;
    for (const bytes of this.#byPrincipal.values()) sum += bytes;
    return sum;
  }

  /** False where there is no room. */
  take(principal: string, sizeBytes: number): boolean {
    const taken = (this.#byPrincipal.get(principal) ?? 0) + sizeBytes;
    if (taken > this.#budget.maxBytes * PRINCIPAL_SHARE || this.#budget.take(sizeBytes) !== undefined) return false;
    this.#byPrincipal.set(principal, taken);
    return true;
  }

  release(principal: string, sizeBytes: number): void {
    const left = (this.#byPrincipal.get(principal) ?? 0) - sizeBytes;
    if (left > 0) this.#byPrincipal.set(principal, left);
    else this.#byPrincipal.delete(principal);
    this.#budget.release(sizeBytes);
  }
}
