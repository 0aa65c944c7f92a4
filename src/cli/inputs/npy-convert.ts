import { bytesOf, type Datatype, isFloat, type NumericArray, typedView } from '../../core/index.js';
import type { NpyArray } from './npy.js';

/** Datatypes whose elements JavaScript has in arrays of their own. */
const ARRAYS = {
  UINT8: Uint8Array,
  UINT16: Uint16Array,
  UINT32: Uint32Array,
  INT8: Int8Array,
  INT16: Int16Array,
  INT32: Int32Array,
  FP32: Float32Array,
  FP64: Float64Array,
} as const;

/**
 * An array as the model takes it: NumPy and pandas use float64 and int64 by default. Floats are rounded,
 * integers are converted where none of them changes; anything else stays as it is, for the server to refuse.
 */
export function convertNpy(array: NpyArray, wanted: Datatype): NpyArray {
  const { datatype, shape, data } = array;
  if (datatype === wanted || !isNumber(datatype) || !hasArray(wanted) || (isFloat(datatype) && !isFloat(wanted))) {
    return array;
  }
  const values = typedView(datatype, data);
  const converted = ARRAYS[wanted].from(Array.from(values as ArrayLike<number | bigint>, Number));
  if (!isFloat(datatype) && !areEqual(values, converted)) return array;
  return { datatype: wanted, shape, data: bytesOf(converted) };
}

function areEqual(integers: NumericArray, converted: ArrayLike<number>): boolean {
  return integers.every((value: number | bigint, index: number) => {
    const other = converted[index] as number;
    return typeof value === 'bigint' ? value === BigInt(other) : value === other;
  });
}

function hasArray(datatype: Datatype): datatype is keyof typeof ARRAYS {
  return Object.hasOwn(ARRAYS, datatype);
}

function isNumber(datatype: Datatype): boolean {
  return hasArray(datatype) || datatype === 'INT64' || datatype === 'UINT64';
}
