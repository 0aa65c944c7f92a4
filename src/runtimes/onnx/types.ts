import type { Tensor as OrtTensor } from 'onnxruntime-node';
import type { Datatype } from '../../core/index.js';

type OrtType = OrtTensor.Type;

const DATATYPE_OF: ReadonlyMap<OrtType, Datatype> = new Map<OrtType, Datatype>([
  ['bool', 'BOOL'],
  ['uint8', 'UINT8'],
  ['uint16', 'UINT16'],
  ['uint32', 'UINT32'],
  ['uint64', 'UINT64'],
  ['int8', 'INT8'],
  ['int16', 'INT16'],
  ['int32', 'INT32'],
  ['int64', 'INT64'],
  ['float16', 'FP16'],
  ['float32', 'FP32'],
  ['float64', 'FP64'],
  ['string', 'BYTES'],
]);

const ORT_TYPE_OF: ReadonlyMap<Datatype, OrtType> = new Map(
  [...DATATYPE_OF].map(([ortType, datatype]) => [datatype, ortType]),
);

/** Element types of ONNX (`TensorProto.DataType`) that onnxruntime-node cannot hold, for messages. */
const UNSUPPORTED_ONNX_TYPES: Readonly<Record<number, string>> = {
  14: 'COMPLEX64',
  15: 'COMPLEX128',
  16: 'BFLOAT16',
  17: 'FLOAT8E4M3FN',
  18: 'FLOAT8E4M3FNUZ',
  19: 'FLOAT8E5M2',
  20: 'FLOAT8E5M2FNUZ',
  21: 'UINT4',
  22: 'INT4',
  23: 'FLOAT4E2M1',
};

/** undefined for what a tensor of ours cannot hold (4-bit integers). */
export function datatypeOf(ortType: OrtType): Datatype | undefined {
  return DATATYPE_OF.get(ortType);
}

/** undefined for BF16, which onnxruntime-node cannot hold. */
export function ortTypeOf(datatype: Datatype): OrtType | undefined {
  return ORT_TYPE_OF.get(datatype);
}

export function onnxTypeName(number: number): string {
  return UNSUPPORTED_ONNX_TYPES[number] ?? `number ${number}`;
}
