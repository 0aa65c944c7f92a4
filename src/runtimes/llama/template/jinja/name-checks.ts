/** Names in a template: filters and tests that do not exist, and special names that macros use. */
export class NameChecks {
  /** They are refused at once, unless they stand in a part that may not be evaluated. */
  #unknown: string[] = [];
  readonly #refused: string[] = [];
  /** Special names that the macro that is read uses. */
  #used = new Set<string>();

  /** Why the template is refused; undefined = all of its filters and tests exist. */
  get problem(): string | undefined {
    return this.#refused[0] ?? this.#unknown[0];
  }

  noteUnknown(problem: string): void {
    this.#unknown.push(problem);
  }

  noteUse(name: string): void {
    this.#used.add(name);
  }

  /** For {@link forget}. */
  mark(): number {
    return this.#unknown.length;
  }

  /** Names that do not exist are no mistake in the part since the mark: it may not be evaluated. */
  forget(mark: number): void {
    this.#unknown.length = mark;
  }

  /** Reads a part that may not be evaluated. */
  conditional<Made>(read: () => Made): Made {
    const mark = this.mark();
    const made = read();
    this.forget(mark);
    return made;
  }

  /** Unknown names are errors in this part: Jinja2 compiles it separately. */
  compiled<Made>(read: () => Made): Made {
    const outer = this.#unknown;
    this.#unknown = [];
    const made = read();
    this.#refused.push(...this.#unknown);
    this.#unknown = outer;
    return made;
  }

  /** Reads a part, and returns the special names that it uses, too. */
  using<Made>(read: () => Made): readonly [made: Made, uses: ReadonlySet<string>] {
    const outer = this.#used;
    const uses = new Set<string>();
    this.#used = uses;
    const made = read();
    this.#used = new Set([...outer, ...uses]);
    return [made, uses];
  }
}
