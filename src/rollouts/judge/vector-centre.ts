/** Plain JSON. */
export interface VectorCentreState {
  readonly sum: readonly number[];
  readonly count: number;
  readonly centre: readonly number[];
}

/** The sum is halved after so many, so that it follows. */
const MOST = 4096;

/** The direction in which stable's vectors point on average. It changes with whole blocks only, as what is compared does. */
export class VectorCentre {
  readonly #sum: number[];
  #count: number;
  #centre: readonly number[];

  constructor(state?: VectorCentreState) {
    this.#sum = [...(state?.sum ?? [])];
    this.#count = state?.count ?? 0;
    this.#centre = state?.centre ?? [];
  }

  /** From 0 (the same direction) to 2; undefined before the first block has ended. */
  distanceTo(direction: readonly number[]): number | undefined {
    if (this.#centre.length === 0) return undefined;
    let cosine = 0;
    for (const [at, value] of this.#centre.entries()) cosine += value * (direction[at] ?? 0);
    return 1 - cosine;
  }

  /** One direction of stable. */
  observe(direction: readonly number[]): void {
    for (const [at, value] of direction.entries()) this.#sum[at] = (this.#sum[at] ?? 0) + value;
    this.#count++;
    if (this.#count < MOST) return;
    this.#count /= 2;
    for (const [at, value] of this.#sum.entries()) this.#sum[at] = value / 2;
  }

  /** A block has ended. */
  settle(): void {
    const length = Math.hypot(...this.#sum);
    if (length > 0) this.#centre = this.#sum.map((value) => value / length);
  }

  snapshot(): VectorCentreState {
    return { sum: [...this.#sum], count: this.#count, centre: [...this.#centre] };
  }
}
