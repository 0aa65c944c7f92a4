import {
  bytesElements,
  type Datatype,
  fromBfloat16Bits,
  fromHalfBits,
  invalidArgument,
  type Tensor,
  typedView,
} from '../core/index.js';
import { concatBytes } from './bytes.js';
import type { InferOptions } from './types.js';
import { formatWireJson } from './wire-json.js';

export interface EncodedRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/** What a request asks for besides its inputs; `classes` by output name asks for the top classes instead of the tensor. */
export interface RequestOptions
  extends Pick<InferOptions, 'id' | 'binary' | 'priority' | 'queueTimeoutMs' | 'sequence' | 'parameters'> {
  readonly outputs?: readonly string[];
  readonly classes?: Readonly<Record<string, number>>;
}

/** An inference request of the Open Inference Protocol v2, with Triton's binary tensor extension unless `binary: false`. */
export function encodeRequest(tensors: readonly Tensor[], options: RequestOptions): EncodedRequest {
  const binary = options.binary !== false;
  const header = formatWireJson({
    id: options.id,
    parameters: requestParameters(options),
    inputs: tensors.map((tensor) => ({
      name: tensor.name,
      datatype: tensor.datatype,
      shape: tensor.shape,
      ...(binary ? { parameters: { binary_data_size: tensor.data.byteLength } } : { data: jsonData(tensor) }),
    })),
    outputs: requestedOutputs(options),
  });
  if (!binary) return { headers: { 'content-type': 'application/json' }, body: header };
  const head = new TextEncoder().encode(header);
  return {
    headers: {
      'content-type': 'application/octet-stream',
      'inference-header-content-length': String(head.byteLength),
    },
    body: concatBytes([head, ...tensors.map((tensor) => tensor.data)]),
  };
}

/** The body of `generate_stream`: each input by its name, one element as it is, others as a flat list. */
export function encodeGenerate(tensors: readonly Tensor[], options: RequestOptions): string {
  const inputs = tensors.map((tensor) => {
    const data = jsonData(tensor);
    return [tensor.name, data.length === 1 ? data[0] : data] as const;
  });
  return formatWireJson({
    id: options.id,
    parameters: requestParameters({ ...options, binary: false }),
    ...Object.fromEntries(inputs),
  });
}

function requestParameters(options: RequestOptions): Readonly<Record<string, unknown>> | undefined {
  const parameters = {
    ...options.parameters,
    ...(options.priority === undefined ? {} : { priority: options.priority }),
    ...(options.queueTimeoutMs === undefined ? {} : { timeout: Math.round(options.queueTimeoutMs * 1000) }),
    ...sequenceParameters(options.sequence),
    ...((options.binary ?? true) === true ? { binary_data_output: true } : {}),
  };
  return Object.keys(parameters).length === 0 ? undefined : parameters;
}

function sequenceParameters(sequence: InferOptions['sequence']): Readonly<Record<string, unknown>> {
  if (sequence === undefined) return {};
  const { id, start = false, end = false } = sequence;
  return { sequence_id: id, sequence_start: start, sequence_end: end };
}

function requestedOutputs(options: RequestOptions): readonly unknown[] | undefined {
  const classes = options.classes ?? {};
  const names = options.outputs ?? (options.classes === undefined ? undefined : Object.keys(classes));
  return names?.map((name) => {
    const count = classes[name];
    return count === undefined ? { name } : { name, parameters: { classification: count } };
  });
}

/** Elements as JSON takes them: BOOL as true/false, halves widened, BYTES as text. */
function jsonData(tensor: Tensor): readonly unknown[] {
  if (tensor.datatype === 'BYTES') return bytesElements(tensor.data).map((element) => toText(tensor.name, element));
  const view = typedView(tensor.datatype, tensor.data);
  return Array.from(view as ArrayLike<number | bigint>, jsonConverter(tensor.datatype));
}

function jsonConverter(datatype: Datatype): (element: number | bigint) => unknown {
  if (datatype === 'BOOL') return (element) => element !== 0;
  if (datatype === 'FP16') return (element) => fromHalfBits(Number(element));
  if (datatype === 'BF16') return (element) => fromBfloat16Bits(Number(element));
  if (datatype === 'FP32') return (element) => shortest(Number(element));
  return (element) => element;
}

/** The number with the fewest digits that is this float32: 0.1 rather than 0.10000000149011612. */
function shortest(value: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const rounded = Number(value.toPrecision(digits));
    if (Object.is(Math.fround(rounded), value)) return rounded;
  }
  return value;
}

function toText(name: string, element: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(element);
  } catch {
    throw invalidArgument(`input '${name}' holds bytes that are not text: send it as binary`);
  }
}
