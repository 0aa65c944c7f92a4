import { calculate } from './arithmetic.js';
import { compare, contains, equals } from './operators.js';
import { isLower, isUpper } from './string-methods.js';
import { str } from './text.js';
import {
  type Arguments,
  bind,
  Float,
  isDict,
  isList,
  Lazy,
  Markup,
  numberOf,
  Range,
  Structure,
  sequenceOf,
  TemplateError,
  Tuple,
  textOf,
  Undefined,
  type Value,
} from './values.js';

export type Test = (value: Value, given: Arguments) => boolean;

/** Tests of values alone. */
const ALONE: Readonly<Record<string, (value: Value) => boolean>> = {
  defined: (value) => !(value instanceof Undefined),
  undefined: (value) => value instanceof Undefined,
  none: (value) => value === null,
  boolean: (value) => typeof value === 'boolean',
  true: (value) => value === true,
  false: (value) => value === false,
  integer: (value) => typeof value === 'number',
  float: (value) => value instanceof Float,
  number: (value) => numberOf(value) !== undefined,
  string: (value) => textOf(value) !== undefined,
  mapping: isDict,
  sequence: isSequence,
  iterable: (value) =>
    textOf(value) !== undefined ||
    isDict(value) ||
    value instanceof Lazy ||
    isSequence(value) ||
    sequenceOf(value) !== undefined,
  callable: (value) => value instanceof Structure && value.call !== undefined,
  escaped: (value) => value instanceof Markup,
  lower: (value) => isLower(str(value)),
  upper: (value) => isUpper(str(value)),
  odd: (value) => isMultiple(calculate('-', value, 1), 2),
  even: (value) => isMultiple(value, 2),
};

const greater = (value: Value, other: Value) => compare(value, other, '>') > 0;
const atLeast = (value: Value, other: Value) => compare(value, other, '>=') >= 0;
const less = (value: Value, other: Value) => compare(value, other, '<') < 0;
const atMost = (value: Value, other: Value) => compare(value, other, '<=') <= 0;
const differs = (value: Value, other: Value) => !equals(value, other);

/** Tests of values beside others. */
const BESIDE: Readonly<Record<string, (value: Value, other: Value) => boolean>> = {
  divisibleby: isMultiple,
  sameas: (value, other) => value === other,
  in: (value, other) => contains(other, value),
  '==': equals,
  eq: equals,
  equalto: equals,
  '!=': differs,
  ne: differs,
  '>': greater,
  gt: greater,
  greaterthan: greater,
  '>=': atLeast,
  ge: atLeast,
  '<': less,
  lt: less,
  lessthan: less,
  '<=': atMost,
  le: atMost,
};

/** Tests of Jinja2 (`value is name`) by name, but for those of the names of filters and tests. */
export const TESTS: ReadonlyMap<string, Test> = new Map<string, Test>([
  ...Object.entries(ALONE).map(([name, run]): [string, Test] => [
    name,
    (value, given) => {
      bind(name, [], given);
      return run(value);
    },
  ]),
  ...Object.entries(BESIDE).map(([name, run]): [string, Test] => [
    name,
    (value, given) => {
      const [other] = bind(name, ['other'], given);
      if (other === undefined) throw new TemplateError(`the test '${name}' requires a value to compare with`);
      return run(value, other);
    },
  ]),
]);

function isSequence(value: Value): boolean {
  const isOne = isList(value) || isDict(value) || value instanceof Tuple || value instanceof Range;
  return isOne || textOf(value) !== undefined || value instanceof Undefined;
}

function isMultiple(value: Value, other: Value): boolean {
  return numberOf(calculate('%', value, other)) === 0;
}
