/** The pattern takes more work, or more memory, than a request may. */
export class PatternTooLarge extends Error {
  constructor(message = 'the pattern is too large') {
    super(message);
    this.name = 'PatternTooLarge';
  }
}

/** Steps that patterns may take. */
export class Budget {
  readonly #whole: Budget | undefined;
  #left: number;

  /** `whole`: what it is a part of. */
  constructor(steps: number, whole?: Budget) {
    this.#left = steps;
    this.#whole = whole;
  }

  /** Throws {@link PatternTooLarge} where none are left. */
  spend(steps = 1): void {
    this.#left -= steps;
    if (this.#left < 0) throw new PatternTooLarge();
    this.#whole?.spend(steps);
  }
}
