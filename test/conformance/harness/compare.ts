import { type Element, elementsOf, isFloat, type WireTensor } from './tensor.js';

/** |got − expected| ≤ absolute + relative · |expected|, as NumPy's allclose has it; other datatypes must be equal. */
export interface Tolerance {
  readonly relative: number;
  readonly absolute: number;
}

/** What differs between two lists of tensors, in one line; undefined when nothing does. Names are compared when both have one. */
export function findDifference(
  got: readonly WireTensor[],
  expected: readonly WireTensor[],
  tolerance: Tolerance,
): string | undefined {
  if (got.length !== expected.length) return `${got.length} outputs instead of ${expected.length}`;
  for (const [index, want] of expected.entries()) {
    const difference = differenceOf(got[index] as WireTensor, want, tolerance);
    if (difference !== undefined) return `output '${want.name}': ${difference}`;
  }
  return undefined;
}

function differenceOf(got: WireTensor, want: WireTensor, tolerance: Tolerance): string | undefined {
  if (got.name !== want.name) return `it is called '${got.name}'`;
  if (got.datatype !== want.datatype) return `${got.datatype} instead of ${want.datatype}`;
  if (got.shape.join() !== want.shape.join()) return `shape [${got.shape}] instead of [${want.shape}]`;
  if (got.data.equals(want.data)) return undefined;
  const wanted = elementsOf(want);
  const float = isFloat(want.datatype);
  const wrong = elementsOf(got).flatMap((element, index) =>
    areClose(element, wanted[index], float ? tolerance : EXACT) ? [] : [index],
  );
  if (wrong.length === 0) return undefined;
  const first = wrong[0] as number;
  return `${wrong.length} of ${wanted.length} elements differ, first at ${first}: ${elementsOf(got)[first]} instead of ${wanted[first]}`;
}

const EXACT: Tolerance = { relative: 0, absolute: 0 };

function areClose(got: Element, want: Element | undefined, { relative, absolute }: Tolerance): boolean {
  if (Object.is(got, want) || got === want) return true;
  if (typeof got !== 'number' || typeof want !== 'number') return false;
  return Math.abs(got - want) <= absolute + relative * Math.abs(want);
}

/** The largest distance between two numbers at the same place; tensors of other shapes are not looked at. */
export function largestDifference(got: readonly WireTensor[], expected: readonly WireTensor[]): number {
  let largest = 0;
  for (const [index, want] of expected.entries()) {
    const other = got[index];
    if (other === undefined || other.data.length !== want.data.length || !isFloat(want.datatype)) continue;
    const wanted = elementsOf(want);
    for (const [place, element] of elementsOf(other).entries()) {
      largest = Math.max(largest, Math.abs(Number(element) - Number(wanted[place])));
    }
  }
  return largest;
}
