/** Tensor element types of the Open Inference Protocol v2 plus Triton's BF16, by their wire names. */
export const DATATYPES = [
  'BOOL',
  'UINT8',
  'UINT16',
  'UINT32',
  'UINT64',
  'INT8',
  'INT16',
  'INT32',
  'INT64',
  'FP16',
  'FP32',
  'FP64',
  'BF16',
  'BYTES',
] as const;

export type Datatype = (typeof DATATYPES)[number];

/** Bytes of one element; 0 for BYTES, whose elements carry their own length. */
export const ELEMENT_SIZE_BYTES: Readonly<Record<Datatype, number>> = {
  BOOL: 1,
  UINT8: 1,
  UINT16: 2,
  UINT32: 4,
  UINT64: 8,
  INT8: 1,
  INT16: 2,
  INT32: 4,
  INT64: 8,
  FP16: 2,
  FP32: 4,
  FP64: 8,
  BF16: 2,
  BYTES: 0,
};

const FLOATS: ReadonlySet<Datatype> = new Set(['FP16', 'BF16', 'FP32', 'FP64']);

/** Whether elements may be fractions, NaN and infinities. */
export function isFloat(datatype: Datatype): boolean {
  return FLOATS.has(datatype);
}

const NAMES: ReadonlySet<string> = new Set(DATATYPES);

/** True when `name` is one of the wire names above (they are case-sensitive, as in Triton). */
export function isDatatype(name: string): name is Datatype {
  return NAMES.has(name);
}
