import { characters, lengthOf } from './text.js';
import {
  type Dict,
  Float,
  isDict,
  isList,
  type Key,
  Lazy,
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
