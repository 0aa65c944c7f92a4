import { GraphField, readGraphFields } from './graph-fields.js';
import { textOf, wireFields } from './wire-fields.js';

/** What a file says of an input or output, where ONNX Runtime's metadata leaves it out. */
export interface GraphValue {
  readonly name: string;
  /** `tensor`, `sequence of tensors`, `optional sequence of maps` …; for people. */
  readonly type: string;
  /** A tensor with a number of dimensions. */
  readonly hasShape: boolean;
  /** Of a tensor: its dimensions; -1 where any size is accepted. */
  readonly dims: readonly number[];
}

/** Inputs and outputs of the graph as they stand in an ONNX file, by name. */
export function readGraphValues(path: string): ReadonlyMap<string, GraphValue> {
  const { inputs, outputs } = readGraph(path);
  return new Map([...inputs, ...outputs].map((value) => [value.name, value]));
}

/** Inputs and outputs of the graph as they stand in an ONNX file, in its order. */
export function readGraph(path: string): {
  readonly inputs: readonly GraphValue[];
  readonly outputs: readonly GraphValue[];
} {
  const read = (field: number) => readGraphFields(path, [field]).map(decodeValue);
  return { inputs: read(GraphField.input), outputs: read(GraphField.output) };
}

/** `ValueInfoProto`. */
function decodeValue(message: Uint8Array): GraphValue {
  let name = '';
  let type = UNTYPED;
  for (const field of wireFields(message)) {
    if (field.number === 1) name = textOf(field);
    else if (field.number === 2) type = decodeType(field.bytes);
  }
  return { name, ...type };
}

type GraphType = Omit<GraphValue, 'name'>;

const UNTYPED: GraphType = { type: 'value of unknown type', hasShape: false, dims: [] };
const KINDS: Readonly<Record<number, string>> = {
  1: 'tensor',
  4: 'sequence',
  5: 'map',
  7: 'opaque value',
  8: 'sparse tensor',
  9: 'optional',
};
const CONTAINERS: readonly string[] = ['sequence', 'optional'];

/** `TypeProto`: the one field that is set says which kind of type it is. */
function decodeType(message: Uint8Array): GraphType {
  for (const { number, bytes } of wireFields(message)) {
    const kind = KINDS[number];
    if (kind === undefined) continue;
    const fields = [...wireFields(bytes)];
    const element = CONTAINERS.includes(kind) ? fields.find((field) => field.number === 1) : undefined;
    const type = element === undefined ? kind : containerOf(kind, decodeType(element.bytes).type);
    const shape = kind === 'tensor' ? fields.find((field) => field.number === 2) : undefined;
    return { type, hasShape: shape !== undefined, dims: shape === undefined ? [] : decodeDims(shape.bytes) };
  }
  return UNTYPED;
}

/** `TensorShapeProto`. */
function decodeDims(message: Uint8Array): readonly number[] {
  return [...wireFields(message)].map(({ bytes }) => {
    const size = [...wireFields(bytes)].find(({ number }) => number === 1);
    return size === undefined ? -1 : Number(size.integer);
  });
}

function containerOf(kind: string, element: string): string {
  return kind === 'sequence' ? `sequence of ${element}s` : `${kind} ${element}`;
}
