/** Models that are loaded and evicted by demand, for which the half-life of a rate is that of 50 calls of all models. */
const MODELS_OF_HALF_LIFE = 20;
const LEAST_HALF_LIFE_CALLS = 50;
/** Scores are scaled down before they could become infinite. */
const LARGEST_WEIGHT = 1e100;

/**
 * How often models were asked for, decayed: a call counts half as much after 50 further calls of any model, or after 2.5 for each model where
 * there are more than 20. Scores of one book compare with each other only.
 */
export class DemandBook {
  readonly #scores = new Map<string, number>();
  #weight = 1;

  /** A request for the model was admitted. */
  admit(name: string): void {
    const { size } = this.#scores;
    const halfLife =
      size > MODELS_OF_HALF_LIFE ? (size * LEAST_HALF_LIFE_CALLS) / MODELS_OF_HALF_LIFE : LEAST_HALF_LIFE_CALLS;
    this.#weight *= 1 + Math.LN2 / halfLife;
    this.#scores.set(name, (this.#scores.get(name) ?? 0) + this.#weight);
    if (this.#weight > LARGEST_WEIGHT) this.#rescale();
  }

  /** Calls that count; 0 = never asked for. */
  of(name: string): number {
    return (this.#scores.get(name) ?? 0) / this.#weight;
  }

  forget(name: string): void {
    this.#scores.delete(name);
  }

  #rescale(): void {
    for (const [name, score] of this.#scores) this.#scores.set(name, score / this.#weight);
    this.#weight = 1;
  }
}
