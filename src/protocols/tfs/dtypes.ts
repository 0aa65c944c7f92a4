import type { Datatype } from '../../core/index.js';

/** TensorFlow's `DataType` in order, from 0 on; later ones are quantised types and references, which no tensor here has. */
export const DTYPE_NAMES = [
  'DT_INVALID',
  'DT_FLOAT',
  'DT_DOUBLE',
  'DT_INT32',
  'DT_UINT8',
  'DT_INT16',
  'DT_INT8',
  'DT_STRING',
  'DT_COMPLEX64',
  'DT_INT64',
  'DT_BOOL',
  'DT_QINT8',
  'DT_QUINT8',
  'DT_QINT32',
  'DT_BFLOAT16',
  'DT_QINT16',
  'DT_QUINT16',
  'DT_UINT16',
  'DT_COMPLEX128',
  'DT_HALF',
  'DT_RESOURCE',
  'DT_VARIANT',
  'DT_UINT32',
  'DT_UINT64',
] as const;

export type DtypeName = (typeof DTYPE_NAMES)[number];

const NAME_OF: Readonly<Record<Datatype, DtypeName>> = {
  BOOL: 'DT_BOOL',
  UINT8: 'DT_UINT8',
  UINT16: 'DT_UINT16',
  UINT32: 'DT_UINT32',
  UINT64: 'DT_UINT64',
  INT8: 'DT_INT8',
  INT16: 'DT_INT16',
  INT32: 'DT_INT32',
  INT64: 'DT_INT64',
  FP16: 'DT_HALF',
  FP32: 'DT_FLOAT',
  FP64: 'DT_DOUBLE',
  BF16: 'DT_BFLOAT16',
  BYTES: 'DT_STRING',
};

// The keys of a Record are its datatypes.
const DATATYPES = Object.keys(NAME_OF) as Datatype[];

/** `FP32` → `DT_FLOAT`. */
export function dtypeName(datatype: Datatype): DtypeName {
  return NAME_OF[datatype];
}

const NUMBER_OF = Object.fromEntries(
  DATATYPES.map((datatype) => [datatype, DTYPE_NAMES.indexOf(NAME_OF[datatype])]),
) as Readonly<Record<Datatype, number>>;

/** `FP32` → 1. */
export function dtypeNumber(datatype: Datatype): number {
  return NUMBER_OF[datatype];
}

const BY_NUMBER: readonly (Datatype | undefined)[] = DTYPE_NAMES.map((name) =>
  DATATYPES.find((datatype) => NAME_OF[datatype] === name),
);

/** 1 → `FP32`; undefined for what no tensor here has. */
export function datatypeOf(dtype: number): Datatype | undefined {
  return BY_NUMBER[dtype];
}
