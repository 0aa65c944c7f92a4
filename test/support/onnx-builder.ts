import { writeFileSync } from 'node:fs';
import onnxProto from 'onnx-proto';

const { onnx } = onnxProto;

/** Element types of ONNX by their names in ONNX Runtime, with their numbers in `TensorProto.DataType`. */
export const ONNX_TYPES = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
  bfloat16: 16,
} as const;

export type OnnxType = keyof typeof ONNX_TYPES;

/** A graph input or output. A dimension is a size, or the name of a symbolic one ('' = unknown, unnamed). */
export interface OnnxValue {
  readonly name: string;
  readonly type: OnnxType;
  /** undefined = no shape in the file at all. */
  readonly dims?: readonly (number | string)[];
  /** A sequence of such tensors, or such a tensor or none; undefined = the tensor itself. */
  readonly container?: 'sequence' | 'optional';
  /** A map from such keys to such scalars, by itself or in a sequence. */
  readonly keys?: OnnxType;
}

export interface OnnxInitializer {
  readonly name: string;
  readonly type: OnnxType;
  readonly dims: readonly number[];
  /** Raw little-endian elements as a typed array; texts for `string`. */
  readonly data: ArrayBufferView | readonly string[];
  /** File beside the model that is said to hold the data instead. */
  readonly externalFile?: string;
}

/** Integers are written as INT(S), other numbers must be given as `{ float }`. */
export type OnnxAttribute =
  | number
  | string
  | readonly number[]
  | { readonly float: number }
  | { readonly strings: readonly string[] }
  | { readonly tensor: Omit<OnnxInitializer, 'externalFile'> };

export interface OnnxNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
  readonly domain?: string;
}

export interface OnnxGraph {
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly nodes: readonly OnnxNode[];
  readonly initializers?: readonly OnnxInitializer[];
  /** Version of the default operator set; 17 when not given. */
  readonly opset?: number;
  /** Versions of further operator sets by domain. */
  readonly opsets?: Readonly<Record<string, number>>;
}

/** The bytes of an ONNX file with this graph. */
export function buildOnnx(graph: OnnxGraph): Uint8Array {
  const model = onnx.ModelProto.create({
    irVersion: 8,
    producerName: 'millrace-test',
    opsetImport: Object.entries({ '': graph.opset ?? 17, ...graph.opsets }).map(([domain, version]) => ({
      domain,
      version,
    })),
    graph: {
      name: 'graph',
      input: graph.inputs.map(toValueInfo),
      output: graph.outputs.map(toValueInfo),
      node: graph.nodes.map(toNode),
      initializer: (graph.initializers ?? []).map(toTensor),
    },
  });
  return onnx.ModelProto.encode(model).finish();
}

/** Writes {@link buildOnnx} to `path` and returns the path. */
export function writeOnnx(path: string, graph: OnnxGraph): string {
  writeFileSync(path, buildOnnx(graph));
  return path;
}

/** A graph that hands each input through: `x` comes out as `x_out`, or as `outputName(x)`. */
export function identityGraph(
  inputs: readonly OnnxValue[],
  outputName: (name: string) => string = (name) => `${name}_out`,
): OnnxGraph {
  return {
    inputs,
    outputs: inputs.map((input) => ({ ...input, name: outputName(input.name) })),
    nodes: inputs.map((input) => ({ op: 'Identity', inputs: [input.name], outputs: [outputName(input.name)] })),
  };
}

function toValueInfo(value: OnnxValue) {
  const shape =
    value.dims === undefined
      ? {}
      : {
          shape: {
            dim: value.dims.map((dim) =>
              typeof dim === 'number' ? { dimValue: dim } : dim === '' ? {} : { dimParam: dim },
            ),
          },
        };
  const tensor = { tensorType: { elemType: ONNX_TYPES[value.type], ...shape } };
  const element =
    value.keys === undefined ? tensor : { mapType: { keyType: ONNX_TYPES[value.keys], valueType: tensor } };
  if (value.container === undefined) return { name: value.name, type: element };
  const key = value.container === 'sequence' ? 'sequenceType' : 'optionalType';
  return { name: value.name, type: { [key]: { elemType: element } } };
}

function toTensor(tensor: OnnxInitializer) {
  const base = { name: tensor.name, dataType: ONNX_TYPES[tensor.type], dims: [...tensor.dims] };
  if (tensor.externalFile !== undefined) {
    return { ...base, dataLocation: 1, externalData: [{ key: 'location', value: tensor.externalFile }] };
  }
  if (!ArrayBuffer.isView(tensor.data)) {
    return { ...base, stringData: tensor.data.map((text) => new TextEncoder().encode(text)) };
  }
  return {
    ...base,
    rawData: new Uint8Array(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength),
  };
}

function toNode(node: OnnxNode) {
  return {
    opType: node.op,
    domain: node.domain ?? '',
    input: [...node.inputs],
    output: [...node.outputs],
    attribute: Object.entries(node.attributes ?? {}).map(([name, value]) => ({ name, ...toAttribute(value) })),
  };
}

function toAttribute(value: OnnxAttribute) {
  const types = onnx.AttributeProto.AttributeType;
  if (typeof value === 'number') return { type: types.INT, i: value };
  if (typeof value === 'string') return { type: types.STRING, s: new TextEncoder().encode(value) };
  if ('float' in value) return { type: types.FLOAT, f: value.float };
  if ('strings' in value) {
    return { type: types.STRINGS, strings: value.strings.map((text) => new TextEncoder().encode(text)) };
  }
  if ('tensor' in value) return { type: types.TENSOR, t: toTensor(value.tensor) };
  return { type: types.INTS, ints: [...value] };
}
