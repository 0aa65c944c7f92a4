import { invalidArgument, type NumberLimit } from '../core/index.js';

/**
 * Reads a runtime's section of the model configuration, whose schema was checked elsewhere or, in a foreign caller,
 * not at all. Every mismatch is `invalid_argument` naming section, key, what was expected and what came.
 */
export class OptionReader {
  readonly #section: string;
  readonly #options: Readonly<Record<string, unknown>>;
  readonly #known = new Set<string>();

  constructor(section: string, options: Readonly<Record<string, unknown>>) {
    this.#section = section;
    this.#options = options;
  }

  number(key: string, fallback: number): number {
    const value = this.#take(key) ?? fallback;
    if (typeof value !== 'number' || !(value >= 0)) this.#refuse(key, 'a number of at least 0');
    return value;
  }

  /** A number within limits; undefined where the key is missing. */
  numberWithin(key: string, { least, most }: NumberLimit): number | undefined {
    const value = this.#take(key);
    if (value === undefined) return undefined;
    if (typeof value !== 'number' || !(value >= least && value <= most)) {
      this.#refuse(key, `a number from ${least} to ${most}`);
    }
    return value;
  }

  /** The map below a key; without keys where it is missing. */
  section(key: string): OptionReader {
    const value = this.#take(key) ?? {};
    if (typeof value !== 'object' || Array.isArray(value)) this.#refuse(key, 'a map');
    return new OptionReader(`${this.#section}.${key}`, value as Readonly<Record<string, unknown>>);
  }

  boolean(key: string, fallback: boolean): boolean {
    const value = this.#take(key) ?? fallback;
    if (typeof value !== 'boolean') this.#refuse(key, 'true or false');
    return value;
  }

  string(key: string, fallback: string): string {
    const value = this.#take(key) ?? fallback;
    if (typeof value !== 'string') this.#refuse(key, 'a string');
    return value;
  }

  choice<Choice extends string>(key: string, choices: readonly Choice[], fallback: Choice): Choice {
    const value = this.#take(key) ?? fallback;
    const choice = choices.find((candidate) => candidate === value);
    if (choice === undefined) this.#refuse(key, `one of ${choices.join(', ')}`);
    return choice;
  }

  strings(key: string, fallback: readonly string[]): readonly string[] {
    const value = this.#take(key) ?? fallback;
    if (!Array.isArray(value) || !value.every((element) => typeof element === 'string')) {
      this.#refuse(key, 'a list of strings');
    }
    return value;
  }

  /** Refuses whatever has not been read. */
  end(): void {
    for (const key of Object.keys(this.#options)) {
      if (this.#known.has(key)) continue;
      const known = [...this.#known].join(', ');
      throw invalidArgument(`${this.#section}.${key}: unknown option; expected one of ${known}`);
    }
  }

  #take(key: string): unknown {
    this.#known.add(key);
    return this.#options[key];
  }

  #refuse(key: string, expected: string): never {
    const got = JSON.stringify(this.#options[key]);
    throw invalidArgument(`${this.#section}.${key}: expected ${expected}, got ${got}`);
  }
}
