/** Looks for the first of some texts, character by character, and holds back no more than may be part of one. */
export class Until {
  readonly #texts: readonly string[];
  #held = '';
  #found: string | undefined;

  /** If two texts end at the same place, the longer one is found. */
  constructor(texts: readonly string[]) {
    this.#texts = texts;
  }

  /** The text that has come whole. */
  get found(): string | undefined {
    return this.#found;
  }

  /** What comes before the text, as far as it is known not to be part of it. */
  take(character: string): string {
    this.#held += character;
    let passed = 0;
    while (passed < this.#held.length && !this.#mayBegin(passed)) passed++;
    const before = this.#held.slice(0, passed);
    this.#held = this.#held.slice(passed);
    if (this.#texts.includes(this.#held)) this.#found = this.#held;
    return before;
  }

  #mayBegin(from: number): boolean {
    const text = from === 0 ? this.#held : this.#held.slice(from);
    return this.#texts.some((each) => each.startsWith(text));
  }
}
