import { isTextFormat, NUMBER_FORMATS } from '../formats.js';
import { anyLiteral } from '../rules.js';
import { type Conversion, type Json, type Place, type Schema, within } from '../schema.js';
import { type Bound, decimalRule, isWritable } from './decimals.js';
import { type Integers, integerRule, MAX_DIGITS, MAX_MULTIPLE, rulesOfIntegers, UNBOUNDED } from './integers.js';

/** Multiples of larger numbers that are written one by one. */
const MAX_LISTED = 200;
const MOST = Number.MAX_SAFE_INTEGER;

interface Range {
  readonly least: Bound | undefined;
  readonly most: Bound | undefined;
  readonly multipleOf: number | undefined;
}

/** The rule for a schema of the type `integer` or `number`. */
export function numberRule(conversion: Conversion, schema: Schema, at: Place): string {
  const isInteger = schema.type === 'integer';
  const range = rangeOf(conversion, schema, at);
  const { least, most, multipleOf } = range;
  const steps = isInteger
    ? { count: Number.isInteger(multipleOf) ? (multipleOf ?? 1) : 1, places: 0 }
    : stepsOf(multipleOf);
  const rule = steps === undefined ? ruleOfNumbers(conversion, range) : ruleOfSteps(conversion, range, steps);
  if (rule !== undefined) return rule;
  const bounds = [least, most].flatMap((bound) => (bound === undefined ? [] : String(bound.value))).join(' and ');
  return conversion.passOver(
    isInteger ? 'integer' : 'number',
    at,
    `there is no such ${isInteger ? 'integer' : 'number'}: the bounds are ${bounds}`,
  );
}

/** Numbers that are so many times a digit at a place behind the point. */
interface Steps {
  readonly count: number;
  readonly places: number;
}

/** What is written digit by digit; undefined = multiples are not, and checked. */
function stepsOf(multipleOf: number | undefined): Steps | undefined {
  if (multipleOf === undefined) return undefined;
  if (Number.isInteger(multipleOf)) return { count: multipleOf, places: 0 };
  const places = /^0\.(\d{1,4})$/.exec(String(multipleOf))?.[1]?.length;
  if (places === undefined) return undefined;
  const count = Math.round(multipleOf * 10 ** places);
  // Others have a digit less where they end with a zero.
  return count <= MAX_MULTIPLE && count > 1 ? { count, places } : undefined;
}

function ruleOfSteps({ rules }: Conversion, { least, most }: Range, { count, places }: Steps): string | undefined {
  const scaled = ({ value }: Bound) => (places === 0 ? value : Number((value * 10 ** places).toPrecision(15)));
  const from = least && (least.isExclusive ? Math.floor(scaled(least)) + 1 : Math.ceil(scaled(least)));
  const to = most && (most.isExclusive ? Math.ceil(scaled(most)) - 1 : Math.floor(scaled(most)));
  // Bounds at the end of the safe integers are for programs, and let no more digits come than others.
  const isBelow = from === undefined || least === undefined || least.value <= -MOST;
  const isAbove = to === undefined || most === undefined || most.value >= MOST;
  const integers: Integers = {
    least: isBelow ? (to !== undefined && to < -UNBOUNDED ? -MOST : -UNBOUNDED) : from,
    most: isAbove ? (from !== undefined && from > UNBOUNDED ? MOST : UNBOUNDED) : to,
    multipleOf: count <= MAX_MULTIPLE ? count : 1,
    places,
  };
  if (integers.least > MOST || integers.most < -MOST) return undefined;
  if (count > MAX_MULTIPLE && places === 0) {
    const [first, last] = [Math.ceil(integers.least / count), Math.floor(integers.most / count)];
    if (first > last) return undefined;
    if (last - first < MAX_LISTED) {
      const all = Array.from({ length: last - first + 1 }, (_, index) => String((first + index) * count));
      return rules.add(anyLiteral(all));
    }
  }
  // Else they are multiples where the model says so, and checked.
  if (rulesOfIntegers(integers) > rules.left / 2) return integerRule(rules, { ...integers, multipleOf: 1 });
  return integerRule(rules, integers);
}

function ruleOfNumbers({ rules }: Conversion, { least, most, multipleOf }: Range): string | undefined {
  if (least === undefined && most === undefined && multipleOf === undefined) return 'number';
  const places = multipleOf === undefined ? undefined : /^(?:0\.(0*)1|1e-(\d+))$/.exec(String(multipleOf));
  const decimals = places === null ? undefined : (places?.[2] ?? (places?.[1]?.length ?? MAX_DIGITS) + 1);
  const bounds = [least, most].filter((bound) => bound !== undefined);
  if (!bounds.every(isWritable)) return 'number';
  return decimalRule(rules, { least, most, places: Math.min(Number(decimals ?? MAX_DIGITS), MAX_DIGITS) });
}

function rangeOf(conversion: Conversion, schema: Schema, at: Place): Range {
  const number = (keyword: string) => readNumber(conversion, { value: schema[keyword], keyword }, at);
  const inclusive = (value: number | undefined): Bound | undefined =>
    value === undefined ? undefined : { value, isExclusive: false };
  const exclusive = (value: number | undefined): Bound | undefined =>
    value === undefined ? undefined : { value, isExclusive: true };
  const [formatLeast, formatMost] = rangeOfFormat(conversion, schema, at) ?? [];
  const multipleOf = number('multipleOf');
  if (multipleOf !== undefined && multipleOf <= 0)
    throw conversion.refuse(within(at, 'multipleOf'), `expected a number above 0, got ${multipleOf}`);
  const isHigher = (one: Bound, other: Bound) =>
    one.value > other.value || (one.value === other.value && one.isExclusive);
  return {
    least: [inclusive(number('minimum')), exclusive(number('exclusiveMinimum')), inclusive(formatLeast)].reduce(
      (one, other) => (one === undefined || (other !== undefined && isHigher(other, one)) ? other : one),
    ),
    most: [inclusive(number('maximum')), exclusive(number('exclusiveMaximum')), inclusive(formatMost)].reduce(
      (one, other) => (one === undefined || (other !== undefined && other.value <= one.value) ? other : one),
    ),
    multipleOf,
  };
}

function rangeOfFormat(conversion: Conversion, { format }: Schema, at: Place): readonly [number, number] | undefined {
  if (format === undefined) return undefined;
  if (typeof format === 'string' && NUMBER_FORMATS.has(format)) return NUMBER_FORMATS.get(format);
  if (isTextFormat(format)) return undefined;
  conversion.passOver('number', within(at, 'format'), `the format ${JSON.stringify(format)} of numbers is not known`);
  return undefined;
}

function readNumber(
  conversion: Conversion,
  { value, keyword }: { readonly value: Json | undefined; readonly keyword: string },
  at: Place,
): number | undefined {
  if (value === undefined || typeof value === 'number') return value;
  const problem = `expected a number, got ${JSON.stringify(value)}`;
  conversion.passOver('number', within(at, keyword), problem);
  return undefined;
}
