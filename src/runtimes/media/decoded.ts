import type { Datatype, NumericArray } from '../../core/index.js';

/** Rows that encoded bytes have become, first dimension: how many. */
export interface DecodedRows {
  readonly shape: readonly number[];
  readonly data: NumericArray;
}

/** Elements of any type but BYTES and BOOL. */
export type NumericDatatype = Exclude<Datatype, 'BYTES' | 'BOOL'>;
