import { invalidArgument, ObjectReader } from '../core/index.js';

/**
 * Reads a runtime's section of the model configuration, whose schema was checked elsewhere or, in a foreign caller,
 * not at all. Every mismatch is `invalid_argument` naming section, key, what was expected and what came.
 */
export class OptionReader extends ObjectReader {
  readonly #section: string;

  constructor(section: string, options: Readonly<Record<string, unknown>>) {
    super(options);
    this.#section = section;
  }

  /** The value as it is; null counts as missing. */
  override any(key: string): unknown {
    return super.any(key) ?? undefined;
  }

  /** A number of at least 0. */
  amount(key: string): number | undefined {
    const value = this.any(key);
    if (value === undefined || (typeof value === 'number' && value >= 0)) return value;
    return this.refuse(key, 'a number of at least 0');
  }

  /** The map below a key; without keys where it is missing. */
  section(key: string): OptionReader {
    const value = this.any(key) ?? {};
    if (typeof value !== 'object' || Array.isArray(value)) this.refuse(key, 'a map');
    return new OptionReader(`${this.#section}.${key}`, value as Readonly<Record<string, unknown>>);
  }

  strings(key: string): readonly string[] | undefined {
    const value = this.any(key);
    const isList = Array.isArray(value) && value.every((element) => typeof element === 'string');
    return value === undefined || isList ? value : this.refuse(key, 'a list of strings');
  }

  /** Refuses options that were not read. */
  end(): void {
    const [unknown] = this.unknown;
    if (unknown === undefined) return;
    throw invalidArgument(`${this.#section}.${unknown}: unknown option; expected one of ${this.known.join(', ')}`);
  }

  protected refuse(key: string, expected: string): never {
    throw invalidArgument(`${this.#section}.${key}: expected ${expected}, got ${JSON.stringify(this.values[key])}`);
  }
}
