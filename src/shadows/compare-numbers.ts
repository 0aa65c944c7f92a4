import { fromBfloat16Bits, fromHalfBits, isFloat, type NumericArray, type Tensor, typedView } from '../core/index.js';
import type { OutputRules } from './rules.js';

/** Elements that are looked at in one turn of the event loop. */
export const SLICE_ELEMENTS = 32_768;

/** How the numbers of two tensors of the same shape differ. */
export interface NumbersComparison {
  readonly kind: 'numbers';
  readonly elements: number;
  /** Beyond the tolerance. */
  readonly differing: number;
  /** NaN or infinite on one side only, or infinite with another sign: they differ, and have no distance. */
  readonly nonFinite: number;
  /** Absolute differences of the others. */
  readonly maxDifference: number;
  readonly meanDifference: number;
}

/** Reads an element as a number; 64-bit integers beyond 2^53 are rounded. */
export type ReadNumber = (index: number) => number;

/** How the elements of a tensor that is not BYTES are read. */
export function numberReader({ datatype, data }: Tensor): ReadNumber {
  const view = typedView(datatype, data) as NumericArray & ArrayLike<number | bigint>;
  if (datatype === 'FP16') return (index) => fromHalfBits(view[index] as number);
  if (datatype === 'BF16') return (index) => fromBfloat16Bits(view[index] as number);
  if (datatype === 'INT64' || datatype === 'UINT64') return (index) => Number(view[index]);
  return (index) => view[index] as number;
}

/**
 * Element by element. NaN equals NaN, an infinity itself, and -0 equals 0. Whole numbers and booleans are to be the same, unless their
 * output has a tolerance of its own. Yields after each slice.
 */
export function* compareNumbers(
  primary: Tensor,
  shadow: Tensor,
  rules: OutputRules,
): Generator<void, NumbersComparison> {
  const exact = !isFloat(primary.datatype) && !rules.toleratesIntegers;
  const absolute = exact ? 0 : rules.absoluteTolerance;
  const relative = exact ? 0 : rules.relativeTolerance;
  const distance = distanceReader(primary, shadow);
  const readPrimary = numberReader(primary);
  const elements = elementsOf(primary);
  let differing = 0;
  let nonFinite = 0;
  let maxDifference = 0;
  let sum = 0;
  for (let index = 0; index < elements; index++) {
    if (index % SLICE_ELEMENTS === SLICE_ELEMENTS - 1) yield;
    const difference = distance(index);
    if (difference === 0) continue;
    if (!Number.isFinite(difference)) {
      nonFinite++;
      differing++;
      continue;
    }
    sum += difference;
    if (difference > maxDifference) maxDifference = difference;
    if (difference > absolute + relative * Math.abs(readPrimary(index))) differing++;
  }
  const finite = elements - nonFinite;
  return {
    kind: 'numbers',
    elements,
    differing,
    nonFinite,
    maxDifference,
    // A sum of finite differences may be infinite.
    meanDifference: finite === 0 ? 0 : Math.min(maxDifference, sum / finite),
  };
}

function elementsOf({ datatype, data }: Tensor): number {
  return typedView(datatype, data).length;
}

/** |a − b| of elements; 0 where they are the same, NaN and infinities included, and Infinity where they have no distance. */
function distanceReader(primary: Tensor, shadow: Tensor): ReadNumber {
  const { datatype } = primary;
  if (datatype === 'INT64' || datatype === 'UINT64') {
    const left = typedView(datatype, primary.data) as BigInt64Array | BigUint64Array;
    const right = typedView(datatype, shadow.data) as BigInt64Array | BigUint64Array;
    return (index) => {
      const difference = (left[index] as bigint) - (right[index] as bigint);
      return Number(difference < 0n ? -difference : difference);
    };
  }
  const left = numberReader(primary);
  const right = numberReader(shadow);
  return (index) => {
    const a = left(index);
    const b = right(index);
    if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return 0;
    if (!Number.isFinite(a) || !Number.isFinite(b)) return Number.POSITIVE_INFINITY;
    // Numbers at both ends of FP64 are further apart than it can say.
    return Math.min(Number.MAX_VALUE, Math.abs(a - b));
  };
}
