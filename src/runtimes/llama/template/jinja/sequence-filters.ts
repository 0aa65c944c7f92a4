import { calculate, integer } from './arithmetic.js';
import { attributeGetter, type Calls, caseKey, type Filter, filterOf } from './filter.js';
import { compare, equals, identityOf, isTrue, iterate, length } from './operators.js';
import { joined, str } from './text.js';
import {
  type Arguments,
  bind,
  Float,
  isDict,
  Lazy,
  numberOf,
  TemplateError,
  Tuple,
  textOf,
  typeName,
  Undefined,
  type Value,
} from './values.js';

/** Filters of lists, dicts and numbers. */
export const SEQUENCE_FILTERS: readonly (readonly [string, Filter])[] = [
  filterOf('default', ['default_value', 'boolean'], orDefault),
  filterOf('d', ['default_value', 'boolean'], orDefault),
  filterOf('length', [], length),
  filterOf('count', [], length),
  filterOf('list', [], (value) => [...iterate(value)]),
  filterOf('first', [], (value) => firstOf(iterate(value), 'first')),
  filterOf('last', [], (value) => firstOf(backwards(value), 'last')),
  filterOf('reverse', [], (value) => {
    const text = textOf(value);
    return text === undefined
      ? new Lazy([...iterate(value)].reverse())
      : [...iterate(text)].reverse().map(str).join('');
  }),
  filterOf('join', ['d', 'attribute'], (value, [separator = '', path = null]) =>
    joined(iterate(value).map(attributeGetter(path)).map(str), str(separator)),
  ),
  filterOf('items', [], (value) => {
    if (value instanceof Undefined) return new Lazy([]);
    if (!isDict(value)) throw new TemplateError('Can only get item pairs from a mapping.');
    return new Lazy([...value].map((pair) => new Tuple(pair)));
  }),
  filterOf('dictsort', ['case_sensitive', 'by', 'reverse'], sortDict),
  filterOf('sort', ['reverse', 'case_sensitive', 'attribute'], sort),
  filterOf('unique', ['case_sensitive', 'attribute'], unique),
  filterOf('min', ['case_sensitive', 'attribute'], (value, given) => extreme(value, given, -1)),
  filterOf('max', ['case_sensitive', 'attribute'], (value, given) => extreme(value, given, 1)),
  filterOf('sum', ['attribute', 'start'], (value, [path = null, start = 0]) =>
    iterate(value)
      .map(attributeGetter(path))
      .reduce((sum: Value, each) => calculate('+', sum, each), start),
  ),
  filterOf('groupby', ['attribute', 'default', 'case_sensitive'], group),
  filterOf(
    'batch',
    ['linecount', 'fill_with'],
    (value, [size = null, filler = null]) => new Lazy(batches(iterate(value), countOf(size), filler)),
  ),
  filterOf(
    'slice',
    ['slices', 'fill_with'],
    (value, [count = null, filler = null]) => new Lazy(slices(iterate(value), countOf(count), filler)),
  ),
  filterOf('abs', [], (value) => {
    const number = numberOf(value);
    if (value instanceof Undefined) value.fail();
    if (number === undefined) throw new TemplateError(`bad operand type for abs(): '${typeName(value)}'`);
    return value instanceof Float ? new Float(Math.abs(number)) : Math.abs(number);
  }),
  filterOf('round', ['precision', 'method'], round),
  ['map', map],
  ['select', (value, given, calls) => select(value, given, { calls, isAttribute: false, wanted: true })],
  ['reject', (value, given, calls) => select(value, given, { calls, isAttribute: false, wanted: false })],
  ['selectattr', (value, given, calls) => select(value, given, { calls, isAttribute: true, wanted: true })],
  ['rejectattr', (value, given, calls) => select(value, given, { calls, isAttribute: true, wanted: false })],
];

type Given = readonly (Value | undefined)[];

function orDefault(value: Value, [fallback = '', boolean = false]: Given): Value {
  return value instanceof Undefined || (isTrue(boolean) && !isTrue(value)) ? fallback : value;
}

function firstOf(items: readonly Value[], which: string): Value {
  const [first] = items;
  return first === undefined ? new Undefined(`No ${which} item, sequence was empty.`) : first;
}

function backwards(value: Value): readonly Value[] {
  if (value instanceof Lazy) throw new TemplateError("'generator' object is not reversible");
  return iterate(value).toReversed();
}

type Keyed = readonly [key: Value, value: Value];

function sorted(pairs: readonly Keyed[], reverse: Value): readonly Value[] {
  const direction = isTrue(reverse) ? -1 : 1;
  return pairs.toSorted(([one], [other]) => direction * compare(one, other)).map(([, value]) => value);
}

function sortDict(value: Value, [isSensitive = false, by = 'key', reverse = false]: Given): Value {
  const kind = textOf(by);
  if (kind !== 'key' && kind !== 'value') {
    throw new TemplateError('You can only sort by either "key" or "value"');
  }
  if (value instanceof Undefined) value.fail();
  if (!isDict(value)) throw new TemplateError(`'${typeName(value)}' object has no attribute 'items'`);
  const key = caseKey(isTrue(isSensitive));
  const pairs = [...value].map((pair): Keyed => [key(pair[kind === 'key' ? 0 : 1]), new Tuple(pair)]);
  return sorted(pairs, reverse);
}

function sort(value: Value, [reverse = false, isSensitive = false, path = null]: Given): Value {
  const key = caseKey(isTrue(isSensitive));
  const text = textOf(path);
  // Several attributes are separated by commas.
  const getters = (text === undefined ? [path] : text.split(',')).map((each) => attributeGetter(each));
  const keyed = iterate(value).map((each): Keyed => [getters.map((get) => key(get(each))), each]);
  return sorted(keyed, reverse);
}

function unique(value: Value, [isSensitive = false, path = null]: Given): Value {
  const get = attributeGetter(path);
  const key = caseKey(isTrue(isSensitive));
  const seen = new Set<string>();
  const first = iterate(value).filter((each) => {
    const identity = identityOf(key(get(each)));
    const isNew = !seen.has(identity);
    seen.add(identity);
    return isNew;
  });
  return new Lazy(first);
}

function extreme(value: Value, [isSensitive = false, path = null]: Given, direction: 1 | -1): Value {
  const get = attributeGetter(path);
  const key = caseKey(isTrue(isSensitive));
  const [first, ...others] = iterate(value).map((each): Keyed => [key(get(each)), each]);
  if (first === undefined) return new Undefined('No aggregated item, sequence was empty.');
  return others.reduce((best, each) => (direction * compare(each[0], best[0]) > 0 ? each : best), first)[1];
}

function group(value: Value, [path = null, fallback = null, isSensitive = false]: Given): Value {
  const get = attributeGetter(path, fallback);
  const key = caseKey(isTrue(isSensitive));
  const keyed = iterate(value)
    .map((each): Keyed => [key(get(each)), each])
    .toSorted(([one], [other]) => compare(one, other));
  const groups: { readonly key: Value; readonly values: Value[] }[] = [];
  for (const [each, member] of keyed) {
    const last = groups.at(-1);
    if (last !== undefined && equals(last.key, each)) last.values.push(member);
    else groups.push({ key: each, values: [member] });
  }
  return groups.map(({ values }) => new Tuple([get(values[0] as Value), values], ['grouper', 'list']));
}

function countOf(value: Value): number {
  if (typeof value === 'number' && value > 0) return value;
  throw new TemplateError('expected an integer above 0');
}

function batches(items: readonly Value[], size: number, filler: Value): readonly Value[] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, at) => {
    const batch = items.slice(at * size, (at + 1) * size);
    return filler === null ? batch : [...batch, ...Array.from({ length: size - batch.length }, () => filler)];
  });
}

function slices(items: readonly Value[], count: number, filler: Value): readonly Value[] {
  const size = Math.floor(items.length / count);
  const longer = items.length % count;
  return Array.from({ length: count }, (_, at) => {
    const start = at * size + Math.min(at, longer);
    const part = items.slice(start, start + size + (at < longer ? 1 : 0));
    return filler !== null && at >= longer ? [...part, filler] : part;
  });
}

function round(value: Value, [precision = 0, method = 'common']: Given): Value {
  if (value instanceof Undefined) value.fail();
  const number = numberOf(value);
  const name = textOf(method) ?? '';
  if (!['common', 'ceil', 'floor'].includes(name)) throw new TemplateError('method must be common, ceil or floor');
  if (number === undefined || typeof precision !== 'number') throw new TemplateError('round: expected a number');
  const factor = 10 ** precision;
  if (name === 'ceil') return new Float(Math.ceil(number * factor) / factor);
  if (name === 'floor') return new Float(Math.floor(number * factor) / factor);
  const rounded = roundHalfEven(number, precision);
  return value instanceof Float ? new Float(rounded) : integer(rounded);
}

function roundHalfEven(number: number, precision: number): number {
  const factor = 10 ** precision;
  const scaled = number * factor;
  const isTie = Math.abs(scaled % 1) === 0.5 && scaled / factor === number;
  if (isTie) return (2 * Math.round(scaled / 2)) / factor;
  return precision >= 0 ? Number(number.toFixed(Math.min(100, precision))) : Math.round(scaled) / factor;
}

function map(value: Value, given: Arguments, calls: Calls): Value {
  if (!isTrue(value)) return new Lazy([]);
  const { positional, named } = given;
  const [name, ...rest] = positional;
  if (name === undefined) {
    if (!named.has('attribute')) throw new TemplateError('map requires a filter argument');
    const [path = null, fallback = null] = bind('map', ['attribute', 'default'], given);
    return new Lazy(iterate(value).map(attributeGetter(path, fallback)));
  }
  const arguments_ = { positional: rest, named };
  return new Lazy(iterate(value).map((each) => calls.filter(str(name), each, arguments_)));
}

interface Selection {
  readonly calls: Calls;
  /** The first argument names an attribute, which is tested. */
  readonly isAttribute: boolean;
  readonly wanted: boolean;
}

function select(value: Value, { positional, named }: Arguments, { calls, isAttribute, wanted }: Selection): Value {
  if (!isTrue(value)) return new Lazy([]);
  const [path, ...others] = positional;
  if (isAttribute && path === undefined) throw new TemplateError('Missing parameter for attribute name');
  const get = attributeGetter(isAttribute ? (path ?? null) : null);
  const [test, ...rest] = isAttribute ? others : positional;
  const matches = (each: Value) =>
    test === undefined ? isTrue(get(each)) : calls.test(str(test), get(each), { positional: rest, named });
  return new Lazy(iterate(value).filter((each) => matches(each) === wanted));
}
