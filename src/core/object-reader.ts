/** Limits of a number, both ends included. */
export interface NumberLimit {
  readonly least: number;
  readonly most: number;
}

/**
 * Reads an object that a caller has sent or written, member by member. Each mismatch is refused with the member's name, what was expected and
 * what came; subclasses say in which words.
 */
export abstract class ObjectReader<Value = unknown> {
  protected readonly values: Readonly<Record<string, Value>>;
  readonly #known = new Set<string>();

  constructor(values: Readonly<Record<string, Value>>) {
    this.values = values;
  }

  /** The value as it is; undefined = it is missing. */
  any(name: string): Value | undefined {
    this.#known.add(name);
    return Object.hasOwn(this.values, name) ? this.values[name] : undefined;
  }

  string(name: string): string | undefined {
    const value: unknown = this.any(name);
    if (value === undefined || typeof value === 'string') return value;
    return this.refuse(name, 'a string');
  }

  boolean(name: string): boolean | undefined {
    const value: unknown = this.any(name);
    if (value === undefined || typeof value === 'boolean') return value;
    return this.refuse(name, 'true or false');
  }

  number(name: string, { least, most }: NumberLimit): number | undefined {
    const value: unknown = this.any(name);
    if (value === undefined || (typeof value === 'number' && value >= least && value <= most)) return value;
    return this.refuse(name, `a number from ${least} to ${most}`);
  }

  integer(name: string, limit: NumberLimit): number | undefined {
    const value = this.anyInteger(name);
    if (value === undefined || isIntegerWithin(value, limit)) return value;
    const { least, most } = limit;
    const isOpen = most === Number.MAX_SAFE_INTEGER;
    return this.refuse(name, isOpen ? `an integer of at least ${least}` : `an integer from ${least} to ${most}`);
  }

  choice<Choice extends string>(name: string, choices: readonly Choice[]): Choice | undefined {
    const value: unknown = this.any(name);
    const choice = choices.find((candidate) => candidate === value);
    if (value === undefined || choice !== undefined) return choice;
    return this.refuse(name, `one of ${choices.map((each) => this.formatChoice(each)).join(', ')}`);
  }

  protected abstract refuse(name: string, expected: string): never;

  /** A choice in a message. */
  protected formatChoice(choice: string): string {
    return choice;
  }

  /** NaN where it is no number. */
  protected anyInteger(name: string): number | undefined {
    const value: unknown = this.any(name);
    if (value === undefined) return undefined;
    return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : Number.NaN;
  }

  /** Members that have been asked for. */
  protected get known(): readonly string[] {
    return [...this.#known];
  }

  /** Members that have not been asked for. */
  protected get unknown(): readonly string[] {
    return Object.keys(this.values).filter((name) => !this.#known.has(name));
  }
}

export function isIntegerWithin(value: number, { least, most }: NumberLimit): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}
