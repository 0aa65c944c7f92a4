import type { NumberLimit } from '../../../core/index.js';
import { didYouMean, isMisspelt } from '../../../text/index.js';
import type { IgnoredNames } from './ignored-names.js';
import { ParameterError } from './parameter-error.js';

/** An object of a request's JSON, read field by field: each is checked, and members that are not read are refused or noted as ignored. */
export class Fields {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #place: string;
  readonly #ignored: IgnoredNames | undefined;
  readonly #known = new Set<string>();

  private constructor(values: Readonly<Record<string, unknown>>, place: string, ignored: IgnoredNames | undefined) {
    this.#values = values;
    this.#place = place;
    this.#ignored = ignored;
  }

  /**
   * `place`: of the object in the request; '' = it is the request. `ignored`: notes members that have no effect; undefined = members that are
   * not known are refused. Throws where it is no object.
   */
  static of(value: unknown, place = '', ignored?: IgnoredNames): Fields {
    if (isObject(value)) return new Fields(value, place, ignored);
    throw new ParameterError(
      place,
      `${place === '' ? 'the request' : `'${place}'`}: expected an object, got ${describe(value)}`,
    );
  }

  /** An object inside this one, whose members count as those of the same request. Throws where it is no object. */
  inner(value: unknown, place: string): Fields {
    return Fields.of(value, place, this.#ignored);
  }

  /** The value as it is; null counts as not given. */
  any(name: string): unknown {
    this.#known.add(name);
    return (Object.hasOwn(this.#values, name) ? this.#values[name] : undefined) ?? undefined;
  }

  string(name: string): string | undefined {
    const value = this.any(name);
    if (value === undefined || typeof value === 'string') return value;
    return this.refuse(name, 'a string');
  }

  boolean(name: string): boolean | undefined {
    const value = this.any(name);
    if (value === undefined || typeof value === 'boolean') return value;
    return this.refuse(name, 'true or false');
  }

  number(name: string, { least, most }: NumberLimit): number | undefined {
    const value = this.any(name);
    if (value === undefined || (typeof value === 'number' && value >= least && value <= most)) return value;
    return this.refuse(name, `a number from ${least} to ${most}`);
  }

  integer(name: string, { least, most }: NumberLimit): number | undefined {
    const value = this.any(name);
    const fits = typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most;
    if (value === undefined || fits) return value;
    return this.refuse(
      name,
      most === Number.MAX_SAFE_INTEGER ? `an integer of at least ${least}` : `an integer from ${least} to ${most}`,
    );
  }

  choice<Choice extends string>(name: string, choices: readonly Choice[]): Choice | undefined {
    const value = this.any(name);
    const choice = choices.find((candidate) => candidate === value);
    if (value === undefined || choice !== undefined) return choice;
    return this.refuse(name, `one of ${choices.map((candidate) => `'${candidate}'`).join(', ')}`);
  }

  /** Not done here: refused unless it is left out or has a value that asks for nothing. */
  unsupported(name: string, ...harmless: readonly unknown[]): void {
    const value = this.any(name);
    if (value === undefined || harmless.some((each) => JSON.stringify(each) === JSON.stringify(value))) return;
    throw new ParameterError(this.placeOf(name), `'${this.placeOf(name)}' is not supported here`, 'unimplemented');
  }

  /** Labels, which say nothing of the answer: taken and not looked at. */
  ignore(...names: readonly string[]): void {
    for (const name of names) this.#known.add(name);
  }

  /** Hints, which the answer does not follow: noted where they are given, unless with a value that asks for nothing. */
  hint(names: readonly string[], ...harmless: readonly unknown[]): void {
    for (const name of names) {
      const value = this.any(name);
      if (value !== undefined && !harmless.includes(value)) this.#ignored?.add(this.placeOf(name));
    }
  }

  placeOf(name: string): string {
    return this.#place === '' ? name : `${this.#place}.${name}`;
  }

  refuse(name: string, expected: string): never {
    const place = this.placeOf(name);
    throw new ParameterError(place, `'${place}': expected ${expected}, got ${describe(this.#values[name])}`);
  }

  /** Notes unknown members as ignored. Refuses those that are nearly a known name, and all of them without an {@link IgnoredNames}. */
  end(): void {
    for (const name of Object.keys(this.#values)) {
      if (this.#known.has(name) || this.#values[name] === null) continue;
      const place = this.placeOf(name);
      if (this.#ignored?.has(place)) continue;
      const known = [...this.#known];
      if (!isMisspelt(name, known) && this.#ignored?.addUnknown(place)) continue;
      throw new ParameterError(place, `'${place}' is not a known parameter${didYouMean(name, known, "'")}`);
    }
  }
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value in a message: short whatever it is. */
export function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length <= 60 ? text : `${text.slice(0, 60)}…`;
}
