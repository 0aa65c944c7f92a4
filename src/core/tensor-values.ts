import type { Datatype } from './datatype.js';
import type { NumericArray } from './tensor.js';

/** One element of an input, by datatype. */
export type InputElement<D extends Datatype> = D extends 'BYTES'
  ? string | Uint8Array
  : D extends 'BOOL'
    ? boolean
    : D extends 'INT64' | 'UINT64'
      ? number | bigint
      : number;

/** A value, lists of values, lists of lists … down to typed arrays of numbers. */
export type Nested<T> = T | readonly Nested<T>[];

/** A flat tensor that says itself what it is; without `datatype` that of the model (or of a typed array) counts. */
export interface ExplicitTensor<D extends Datatype = Datatype> {
  readonly data: NumericArray | readonly InputElement<D>[];
  readonly shape: readonly number[];
  readonly datatype?: D;
}

/** Whether a value is an {@link ExplicitTensor} to look at; its parts are still to be checked. */
export function isExplicit(value: unknown): value is Readonly<Record<'data', unknown>> & Omit<ExplicitTensor, 'data'> {
  return typeof value === 'object' && value !== null && 'data' in value && 'shape' in value;
}

/** How JavaScript gets the elements of a tensor: FP16 and BF16 widened to Float32Array, BOOL as bytes 0 and 1, BYTES as text. */
export type TensorData<D extends Datatype> = {
  readonly BOOL: Uint8Array;
  readonly UINT8: Uint8Array;
  readonly UINT16: Uint16Array;
  readonly UINT32: Uint32Array;
  readonly UINT64: BigUint64Array;
  readonly INT8: Int8Array;
  readonly INT16: Int16Array;
  readonly INT32: Int32Array;
  readonly INT64: BigInt64Array;
  readonly FP16: Float32Array;
  readonly FP32: Float32Array;
  readonly FP64: Float64Array;
  readonly BF16: Float32Array;
  readonly BYTES: readonly string[];
}[D];
