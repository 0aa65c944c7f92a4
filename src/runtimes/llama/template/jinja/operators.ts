import { formatPercent } from './percent-format.js';
import { characters, checkLength, escapeHtml, lengthOf, repeat } from './text.js';
import {
  type Dict,
  Float,
  isDict,
  isList,
  type Key,
  Lazy,
  Markup,
  numberOf,
  sequenceOf,
  TemplateError,
  Tuple,
  textOf,
  typeName,
  Undefined,
  type Value,
  View,
} from './values.js';

export function isTrue(value: Value): boolean {
  if (value === null || value instanceof Undefined) return false;
  const number = numberOf(value);
  if (number !== undefined) return number !== 0;
  const text = textOf(value);
  if (text !== undefined) return text !== '';
  if (isDict(value)) return value.size > 0;
  return (sequenceOf(value)?.length ?? 1) > 0;
}

/** Python's `len()`. Throws where there is none. */
export function length(value: Value): number {
  if (value instanceof Undefined) return 0;
  const text = textOf(value);
  if (text !== undefined) return lengthOf(text);
  if (isDict(value)) return value.size;
  const items = sequenceOf(value);
  if (items === undefined) throw new TemplateError(`object of type '${typeName(value)}' has no len()`);
  return items.length;
}

/** What Python iterates over; undefined where it cannot. */
export function iterable(value: Value): readonly Value[] | undefined {
  if (value instanceof Undefined) return [];
  if (value instanceof Lazy) return value.take();
  const text = textOf(value);
  if (text !== undefined) return characters(text);
  return isDict(value) ? [...value.keys()] : sequenceOf(value);
}

/** The same. Throws where Python cannot. */
export function iterate(value: Value): readonly Value[] {
  const items = iterable(value);
  if (items === undefined) throw new TemplateError(`'${typeName(value)}' object is not iterable`);
  return items;
}

/** A value as a key of a dict. Throws for what is none here. */
export function keyOf(value: Value): Key {
  const text = textOf(value);
  if (text !== undefined) return text;
  if (value === null || typeof value === 'boolean' || typeof value === 'number') return value;
  if (value instanceof Float && Number.isInteger(value.value)) return value.value;
  throw new TemplateError(`a '${typeName(value)}' cannot be a key of a dict here`);
}

/** A key that is the same only for equal values. Throws for values that Python cannot hash. */
export function identityOf(value: Value): string {
  const number = numberOf(value);
  if (number !== undefined) return `n${number}`;
  const text = textOf(value);
  if (text !== undefined) return `s${text}`;
  if (value === null) return 'N';
  if (value instanceof Undefined) return 'U';
  if (value instanceof Tuple) return `(${value.items.map((item) => JSON.stringify(identityOf(item))).join()})`;
  throw new TemplateError(`unhashable type: '${typeName(value)}'`);
}

export function equals(left: Value, right: Value): boolean {
  if (left === right) return true;
  const number = numberOf(left);
  if (number !== undefined) return number === numberOf(right);
  const text = textOf(left);
  if (text !== undefined) return text === textOf(right);
  if (left instanceof Undefined) return right instanceof Undefined;
  if (isDict(left)) return isDict(right) && equalDicts(left, right);
  const items = sequenceOf(left);
  const others = sequenceOf(right);
  if (items === undefined || others === undefined || typeName(left) !== typeName(right)) return false;
  return items.length === others.length && items.every((item, at) => equals(item, others[at] as Value));
}

function equalDicts(left: Dict, right: Dict): boolean {
  if (left.size !== right.size) return false;
  return [...left].every(([key, value]) => right.has(key) && equals(value, right.get(key) as Value));
}

/** Below 0 where `left` comes before `right`. Throws for values that have no order. */
export function compare(left: Value, right: Value, operator = '<'): number {
  if (left instanceof Undefined) left.fail();
  if (right instanceof Undefined) right.fail();
  const [number, otherNumber] = [numberOf(left), numberOf(right)];
  if (number !== undefined && otherNumber !== undefined) return number - otherNumber;
  const [text, otherText] = [textOf(left), textOf(right)];
  if (text !== undefined && otherText !== undefined) return compareTexts(text, otherText);
  if ((isList(left) && isList(right)) || (left instanceof Tuple && right instanceof Tuple)) {
    const items = sequenceOf(left) ?? [];
    const others = sequenceOf(right) ?? [];
    const at = items.findIndex((item, index) => index >= others.length || !equals(item, others[index] as Value));
    if (at < 0) return items.length - others.length;
    return at >= others.length ? 1 : compare(items[at] as Value, others[at] as Value, operator);
  }
  throw new TemplateError(
    `'${operator}' not supported between instances of '${typeName(left)}' and '${typeName(right)}'`,
  );
}

/** By code points. */
function compareTexts(left: string, right: string): number {
  if (left === right) return 0;
  let at = 0;
  while (left[at] === right[at]) at++;
  const [one, other] = [left.codePointAt(at) ?? -1, right.codePointAt(at) ?? -1];
  return one - other;
}

export function contains(container: Value, item: Value): boolean {
  const text = textOf(container);
  if (text !== undefined) {
    const part = textOf(item);
    if (part !== undefined) return text.includes(part);
    throw new TemplateError(`'in <string>' requires string as left operand, not ${typeName(item)}`);
  }
  if (isDict(container) || (container instanceof View && container.kind === 'keys')) {
    identityOf(item);
    const keys = isDict(container) ? container : container.dict;
    return item instanceof Undefined || item instanceof Tuple ? false : keys.has(keyOf(item));
  }
  const items = iterable(container);
  if (items === undefined) throw new TemplateError(`argument of type '${typeName(container)}' is not iterable`);
  return items.some((each) => equals(each, item));
}

export type Operator = '+' | '-' | '*' | '/' | '//' | '%' | '**';

/** Throws for values that Python does not compute with, and for integers that a double does not hold. */
export function calculate(operator: Operator, left: Value, right: Value): Value {
  if (left instanceof Undefined) left.fail();
  const text = textOf(left);
  // A text formats what is missing as nothing.
  if (operator === '%' && text !== undefined) return formatPercent(text, right);
  if (right instanceof Undefined) right.fail();
  const [number, other] = [numberOf(left), numberOf(right)];
  if (number !== undefined && other !== undefined) {
    const isFloat = left instanceof Float || right instanceof Float;
    return calculateNumbers(operator, { left: number, right: other, isFloat });
  }
  const made = operator === '+' ? join(left, right) : operator === '*' ? multiply(left, right) : undefined;
  if (made !== undefined) return made;
  throw new TemplateError(`unsupported operand type(s) for ${operator}: '${typeName(left)}' and '${typeName(right)}'`);
}

function join(left: Value, right: Value): Value | undefined {
  const [text, other] = [textOf(left), textOf(right)];
  if (text !== undefined && other !== undefined) {
    checkLength(text.length + other.length);
    if (typeof left === 'string' && typeof right === 'string') return left + right;
    const escaped = (value: Value, plain: string) => (value instanceof Markup ? plain : escapeHtml(plain));
    return new Markup(escaped(left, text) + escaped(right, other));
  }
  if (isList(left) && isList(right)) return [...left, ...right];
  return left instanceof Tuple && right instanceof Tuple ? new Tuple([...left.items, ...right.items]) : undefined;
}

function multiply(left: Value, right: Value): Value | undefined {
  const isCount = typeof right === 'number' || typeof right === 'boolean';
  if (!isCount) return typeof left === 'number' || typeof left === 'boolean' ? flipped(left, right) : undefined;
  const times = Math.max(0, Number(right));
  if (typeof left === 'string') return repeat(left, times);
  if (left instanceof Markup) return new Markup(repeat(left.text, times));
  const items = isList(left) ? left : left instanceof Tuple ? left.items : undefined;
  if (items === undefined) return undefined;
  checkLength(items.length * times);
  const repeated = Array.from({ length: items.length * times }, (_, at) => items[at % items.length] as Value);
  return isList(left) ? repeated : new Tuple(repeated);
}

function flipped(count: Value, value: Value): Value | undefined {
  return numberOf(value) === undefined ? multiply(value, count) : undefined;
}

interface Operands {
  readonly left: number;
  readonly right: number;
  readonly isFloat: boolean;
}

function calculateNumbers(operator: Operator, { left, right, isFloat }: Operands): Value {
  if (right === 0 && (operator === '/' || operator === '//' || operator === '%')) {
    throw new TemplateError('division by zero');
  }
  const number = (value: number) => (isFloat ? new Float(value) : integer(value));
  switch (operator) {
    case '+':
      return number(left + right);
    case '-':
      return number(left - right);
    case '*':
      return number(left * right);
    case '/':
      return new Float(left / right);
    case '//':
      return number(Math.floor(left / right));
    case '%':
      return number(modulo(left, right));
    case '**':
      return right < 0 ? power(left, right) : number(left ** right);
    default:
      return operator satisfies never;
  }
}

function power(left: number, right: number): Float {
  if (left === 0) throw new TemplateError('0.0 cannot be raised to a negative power');
  return new Float(left ** right);
}

/** It has the sign of the divisor. */
function modulo(left: number, right: number): number {
  const rest = left % right;
  return rest !== 0 && rest < 0 !== right < 0 ? rest + right : rest;
}

/** Throws for an integer that a double does not hold. */
export function integer(value: number): number {
  if (Number.isSafeInteger(value)) return value === 0 ? 0 : value;
  throw new TemplateError(`integers beyond 2^53 are not supported, got ${value}`);
}

/** `-value` and `+value`. */
export function sign(operator: '+' | '-', value: Value): Value {
  if (value instanceof Undefined) value.fail();
  const number = numberOf(value);
  if (number === undefined) throw new TemplateError(`bad operand type for unary ${operator}: '${typeName(value)}'`);
  const signed = operator === '-' ? -number : number;
  return value instanceof Float ? new Float(signed) : integer(signed);
}

interface Bounds {
  readonly start: Value;
  readonly stop: Value;
  readonly step: Value;
}

/** `value[start:stop:step]`. Throws for what has no slices. */
export function slice(value: Value, { start, stop, step }: Bounds): Value {
  if (value instanceof Undefined) value.fail();
  const text = textOf(value);
  const bounds = { start: bound(start), stop: bound(stop), step: bound(step) ?? 1 };
  if (text !== undefined) {
    const taken = sliceText(text, bounds);
    return value instanceof Markup ? new Markup(taken) : taken;
  }
  const items = value instanceof View ? undefined : sequenceOf(value);
  if (items === undefined) throw new TemplateError(`'${typeName(value)}' object is not subscriptable`);
  const taken = takeSlice(items, bounds);
  return value instanceof Tuple ? new Tuple(taken) : taken;
}

function bound(value: Value): number | undefined {
  if (value === null) return undefined;
  if (typeof value === 'number' || typeof value === 'boolean') return Number(value);
  throw new TemplateError('slice indices must be integers or None or have an __index__ method');
}

interface NumericBounds {
  readonly start: number | undefined;
  readonly stop: number | undefined;
  readonly step: number;
}

function sliceText(text: string, bounds: NumericBounds): string {
  if (bounds.step !== 1 || lengthOf(text) !== text.length) return takeSlice(characters(text), bounds).join('');
  const [from, to] = placesOf(text.length, bounds);
  return text.slice(from, Math.max(from, to));
}

function takeSlice<Item>(items: readonly Item[], bounds: NumericBounds): readonly Item[] {
  const { step } = bounds;
  const [from, to] = placesOf(items.length, bounds);
  if (step === 1) return items.slice(from, Math.max(from, to));
  const taken: Item[] = [];
  for (let at = from; step > 0 ? at < to : at > to; at += step) taken.push(items[at] as Item);
  return taken;
}

/** The first index of a slice of so many items, and the index that ends it. */
function placesOf(count: number, { start, stop, step }: NumericBounds): readonly [from: number, to: number] {
  if (step === 0) throw new TemplateError('slice step cannot be zero');
  const [least, most] = step > 0 ? [0, count] : [-1, count - 1];
  const place = (index: number | undefined, fallback: number) =>
    index === undefined ? fallback : Math.min(most, Math.max(least, index < 0 ? index + count : index));
  return [place(start, step > 0 ? 0 : count - 1), place(stop, step > 0 ? count : -1)];
}
