import { item } from './attributes.js';
import { type Arguments, bind, textOf, Undefined, type Value } from './values.js';

/** What a filter may use besides its arguments. */
export interface Calls {
  /** Throws where there is no filter, or no test, of that name. */
  readonly filter: (name: string, value: Value, given: Arguments) => Value;
  readonly test: (name: string, value: Value, given: Arguments) => boolean;
}

export type Filter = (value: Value, given: Arguments, calls: Calls) => Value;

/** A filter with named parameters. */
export function filterOf(
  name: string,
  parameters: readonly string[],
  run: (value: Value, given: readonly (Value | undefined)[]) => Value,
): [string, Filter] {
  return [name, (value, given) => run(value, bind(name, parameters, given))];
}

/** Reads an attribute such as `a.b.0` of a value; None = the value. `fallback` stands for parts that are missing. */
export function attributeGetter(path: Value, fallback: Value = null): (value: Value) => Value {
  const text = textOf(path);
  const parts: readonly Value[] =
    path === null
      ? []
      : text === undefined
        ? [path]
        : text.split('.').map((part) => (/^\d+$/.test(part) ? Number(part) : part));
  return (value) =>
    parts.reduce((owner, part) => {
      const found = item(owner, part);
      return found instanceof Undefined && fallback !== null ? fallback : found;
    }, value);
}

/** Keys of sorting and comparing: small letters, unless case counts. */
export function caseKey(isSensitive: boolean): (value: Value) => Value {
  if (isSensitive) return (value) => value;
  return (value) => {
    const text = textOf(value);
    return text === undefined ? value : text.toLowerCase();
  };
}
