import { isObject, ObjectReader } from '../../../core/index.js';
import { didYouMean, isMisspelt } from '../../../text/index.js';
import type { IgnoredNames } from './ignored-names.js';
import { ParameterError } from './parameter-error.js';

/** An object of a request's JSON, read field by field: each is checked, and members that are not read are refused or noted as ignored. */
export class Fields extends ObjectReader {
  readonly #place: string;
  readonly #ignored: IgnoredNames | undefined;

  private constructor(values: Readonly<Record<string, unknown>>, place: string, ignored: IgnoredNames | undefined) {
    super(values);
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
  override any(name: string): unknown {
    return super.any(name) ?? undefined;
  }

  /** Not done here: refused unless it is left out or has a value that asks for nothing. */
  unsupported(name: string, ...harmless: readonly unknown[]): void {
    const value = this.any(name);
    if (value === undefined || harmless.some((each) => JSON.stringify(each) === JSON.stringify(value))) return;
    throw new ParameterError(this.placeOf(name), `'${this.placeOf(name)}' is not supported here`, 'unimplemented');
  }

  /** Labels, which say nothing of the answer: taken and not looked at. */
  ignore(...names: readonly string[]): void {
    for (const name of names) this.any(name);
  }

  /** Hints, which the answer does not follow: noted where they are given, unless with a value that asks for nothing. */
  hint(names: readonly string[], ...harmless: readonly unknown[]): void {
    for (const name of names) {
      const value = this.any(name);
      if (value !== undefined && !harmless.includes(value)) this.#ignored?.add(this.placeOf(name));
    }
  }

  protected override formatChoice(choice: string): string {
    return `'${choice}'`;
  }

  placeOf(name: string): string {
    return this.#place === '' ? name : `${this.#place}.${name}`;
  }

  refuse(name: string, expected: string): never {
    const place = this.placeOf(name);
    throw new ParameterError(place, `'${place}': expected ${expected}, got ${describe(this.values[name])}`);
  }

  /** Notes unknown members as ignored. Refuses those that are nearly a known name, and all of them without an {@link IgnoredNames}. */
  end(): void {
    const { known } = this;
    for (const name of this.unknown) {
      if (this.values[name] === null) continue;
      const place = this.placeOf(name);
      if (this.#ignored?.has(place)) continue;
      if (!isMisspelt(name, known) && this.#ignored?.addUnknown(place)) continue;
      throw new ParameterError(place, `'${place}' is not a known parameter${didYouMean(name, known, "'")}`);
    }
  }
}

/** A value in a message: short whatever it is. */
export function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length <= 60 ? text : `${text.slice(0, 60)}…`;
}
