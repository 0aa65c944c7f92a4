import { invalidArgument, type MillraceError } from './errors.js';
import { formatElementCount } from './tensor.js';

/** Anything that has numbers at indices: the typed arrays of core, and Uint8ClampedArray. */
type ArrayView = ArrayBufferView & { readonly length: number; readonly [index: number]: number | bigint };

export interface Flat {
  /** Elements in row-major order. */
  readonly elements: ArrayLike<unknown>;
  /** The shape that the nesting shows; `[]` for a scalar. */
  readonly shape: readonly number[];
}

/**
 * Nested lists as flat elements with their shape. `bytesAreElements` tells whether a Uint8Array is one element (of a
 * BYTES tensor) or a row of numbers. Rejects ragged lists with the place where they differ.
 */
export function flatten(place: string, value: unknown, bytesAreElements: boolean): Flat {
  const isRow = (candidate: unknown): candidate is ArrayView =>
    ArrayBuffer.isView(candidate) && !(candidate instanceof DataView) && !bytesAreElements;
  const shape: number[] = [];
  for (let inner = value; ; inner = inner[0]) {
    if (isRow(inner)) {
      shape.push(inner.length);
      break;
    }
    if (!Array.isArray(inner)) break;
    shape.push(inner.length);
    if (inner.length === 0) break;
  }
  if (shape.length === 0) return { elements: [value], shape };
  if (isRow(value)) return { elements: value, shape };
  const elements: unknown[] = [];
  const visit = (list: unknown, axis: number, at: string) => {
    const expected = shape[axis] as number;
    if (!Array.isArray(list) && !isRow(list)) throw ragged(place, at, `an element where a list of ${expected} fits`);
    if (list.length !== expected) {
      throw ragged(place, at, `${formatElementCount(list.length)} where its neighbours have ${expected}`);
    }
    for (let index = 0; index < expected; index++) {
      const inner = list[index];
      if (axis < shape.length - 1) visit(inner, axis + 1, `${at}[${index}]`);
      else if (!Array.isArray(inner) && !isRow(inner)) elements.push(inner);
      else throw ragged(place, `${at}[${index}]`, 'a list where its neighbours are elements');
    }
  };
  visit(value, 0, '');
  return { elements, shape };
}

function ragged(place: string, at: string, what: string): MillraceError {
  return invalidArgument(`${place}${at} has ${what}`);
}

/**
 * The concrete shape of `count` elements whose nesting shows `shown`, for a model that takes `wanted` (-1 = any size):
 * as shown when that fits; else a missing batch dimension is put in front and flat data is cut to the model's dimensions.
 * undefined when that leaves a choice or does not come out even.
 */
export function fitShape(
  wanted: readonly number[],
  shown: readonly number[],
  count: number,
): readonly number[] | undefined {
  if (matches(wanted, shown)) return shown;
  if (shown.length === wanted.length - 1 && matches(wanted, [1, ...shown])) return [1, ...shown];
  if (shown.length > 1) return undefined;
  const open = wanted.flatMap((size, axis) => (size === -1 ? [axis] : []));
  const known = wanted.reduce((product, size) => (size === -1 ? product : product * size), 1);
  // With two open dimensions the first is taken for the batch: one row of any length.
  if (open.length === 2 && open[0] === 0) return fitShape([1, ...wanted.slice(1)], shown, count);
  if (open.length === 0) return known === count ? wanted : undefined;
  if (open.length > 1 || known === 0 || count % known !== 0) return undefined;
  return wanted.map((size) => (size === -1 ? count / known : size));
}

function matches(wanted: readonly number[], shown: readonly number[]): boolean {
  return wanted.length === shown.length && wanted.every((size, axis) => size === -1 || size === shown[axis]);
}
