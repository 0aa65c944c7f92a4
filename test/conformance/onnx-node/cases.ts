import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import onnxProto from 'onnx-proto';
import { packStrings, type WireTensor } from '../harness/tensor.js';

const { onnx } = onnxProto;

/** One test of ONNX's data: a model of one operator with golden inputs and outputs. */
export interface NodeCase {
  readonly name: string;
  readonly modelFile: string;
  /** The element or container type of an input or output that has no place in the protocol or in onnxruntime-node. */
  readonly foreignType: string | undefined;
  readonly readData: () => { readonly inputs: readonly WireTensor[]; readonly outputs: readonly WireTensor[] };
}

const DATATYPES: Readonly<Record<number, string>> = {
  1: 'FP32',
  2: 'UINT8',
  3: 'INT8',
  4: 'UINT16',
  5: 'INT16',
  6: 'INT32',
  7: 'INT64',
  8: 'BYTES',
  9: 'BOOL',
  10: 'FP16',
  11: 'FP64',
  12: 'UINT32',
  13: 'UINT64',
};

export function readCases(folder: string): readonly NodeCase[] {
  return readdirSync(folder)
    .filter((name) => existsSync(path.join(folder, name, 'model.onnx')))
    .sort()
    .map((name) => readCase(name, path.join(folder, name)));
}

function readCase(name: string, folder: string): NodeCase {
  const modelFile = path.join(folder, 'model.onnx');
  const { graph } = onnx.ModelProto.decode(readFileSync(modelFile));
  const inputs = graph?.input ?? [];
  const outputs = graph?.output ?? [];
  return {
    name,
    modelFile,
    foreignType: [...inputs, ...outputs].map(foreignTypeOf).find((type) => type !== undefined),
    readData: () => ({
      inputs: inputs.map((value, index) => readTensor(path.join(folder, `test_data_set_0/input_${index}.pb`), value)),
      outputs: outputs.map((value, index) =>
        readTensor(path.join(folder, `test_data_set_0/output_${index}.pb`), value),
      ),
    }),
  };
}

const FOREIGN_TYPES: Readonly<Record<number, string>> = {
  16: 'BFLOAT16',
  17: 'FLOAT8E4M3FN',
  18: 'FLOAT8E4M3FNUZ',
  19: 'FLOAT8E5M2',
  20: 'FLOAT8E5M2FNUZ',
  21: 'UINT4',
  22: 'INT4',
};

function foreignTypeOf({ type }: onnxProto.onnx.IValueInfoProto): string | undefined {
  if (type?.sequenceType) return 'sequence';
  if (type?.optionalType) return 'optional';
  const element = type?.tensorType?.elemType ?? 0;
  return DATATYPES[element] === undefined ? (FOREIGN_TYPES[element] ?? `element type ${element}`) : undefined;
}

function readTensor(file: string, value: onnxProto.onnx.IValueInfoProto): WireTensor {
  const tensor = onnx.TensorProto.decode(readFileSync(file));
  const datatype = DATATYPES[tensor.dataType];
  if (datatype === undefined) throw new Error(`${file}: element type ${tensor.dataType}`);
  return { name: value.name ?? '', datatype, shape: tensor.dims.map(Number), data: packElements(tensor) };
}

/** Golden data lies in `raw_data` or in the field of its type. */
function packElements(tensor: onnxProto.onnx.TensorProto): Buffer {
  if (tensor.dataType === 8) return packStrings(tensor.stringData);
  if (tensor.rawData.length > 0) return Buffer.from(tensor.rawData);
  switch (tensor.dataType) {
    case 1:
      return bytesOf(Float32Array.from(tensor.floatData));
    case 11:
      return bytesOf(Float64Array.from(tensor.doubleData));
    case 7:
      return bytesOf(BigInt64Array.from(tensor.int64Data.map((value) => BigInt(String(value)))));
    case 12:
      return bytesOf(Uint32Array.from(tensor.uint64Data.map(Number)));
    case 13:
      return bytesOf(BigUint64Array.from(tensor.uint64Data.map((value) => BigInt(String(value)))));
    case 2:
    case 9:
      return bytesOf(Uint8Array.from(tensor.int32Data));
    case 3:
      return bytesOf(Int8Array.from(tensor.int32Data));
    case 4:
    case 10:
      return bytesOf(Uint16Array.from(tensor.int32Data));
    case 5:
      return bytesOf(Int16Array.from(tensor.int32Data));
    default:
      return bytesOf(Int32Array.from(tensor.int32Data));
  }
}

function bytesOf(array: ArrayBufferView): Buffer {
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength);
}
