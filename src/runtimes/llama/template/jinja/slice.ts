import { characters, lengthOf } from './text.js';
import { Markup, sequenceOf, TemplateError, Tuple, textOf, typeName, Undefined, type Value, View } from './values.js';

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
