import {
  bytesOf,
  type Datatype,
  elementCount,
  formatTensorType,
  invalidArgument,
  packBytes,
  type Tensor,
  type TensorSpec,
} from '../core/index.js';
import { createRandom } from '../statistics/index.js';
import { jsonValues } from './json-values.js';
import type { AnswerCheck, LoadRequest } from './request.js';

export interface PayloadOptions {
  /** Size of the batch dimension where it is variable; default 1. */
  readonly rows?: number;
  /** Full shapes of inputs with other variable dimensions, by name. */
  readonly shapes?: Readonly<Record<string, readonly number[]>>;
  /** `random` (default): floats in [0, 1), integers 0 or 1, 16 letters. */
  readonly data?: 'random' | 'zero';
  /** Makes random data repeatable; default 1. */
  readonly seed?: number;
}

/** Tensors that fit a model's inputs; optional inputs are left out. Throws `invalid_argument` for a shape that is not given. */
export function generateTensors(inputs: readonly TensorSpec[], options: PayloadOptions = {}): Tensor[] {
  const random = options.data === 'zero' ? () => 0 : createRandom(options.seed ?? 1);
  return inputs
    .filter((input) => !input.optional)
    .map((input) => {
      const shape = concreteShape(input, options);
      const data = fill(input.datatype, elementCount(shape), random);
      return { name: input.name, datatype: input.datatype, shape, data };
    });
}

/** What an inference request is made of, apart from its tensors. */
export interface InferRequestOptions {
  readonly model: string;
  /** Omitted = the server chooses. */
  readonly version?: string;
  readonly tensors: readonly Tensor[];
  /** Raw bytes behind the JSON (the binary tensor extension) for inputs and outputs, or all in JSON. */
  readonly format: 'binary' | 'json';
  readonly headers?: Readonly<Record<string, string>>;
  readonly check?: AnswerCheck;
}

/** An Open Inference Protocol v2 request for the generator. */
export function createInferRequest(options: InferRequestOptions): LoadRequest {
  const { model, version, tensors, headers, check } = options;
  const versionPath = version === undefined ? '' : `/versions/${encodeURIComponent(version)}`;
  const encoded = options.format === 'binary' ? encodeBinary(tensors) : encodeJson(tensors);
  return {
    method: 'POST',
    path: `/v2/models/${encodeURIComponent(model)}${versionPath}/infer`,
    headers: { ...encoded.headers, ...headers },
    body: encoded.body,
    ...(check === undefined ? {} : { check }),
  };
}

interface EncodedBody {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

function encodeBinary(tensors: readonly Tensor[]): EncodedBody {
  const inputs = tensors.map(({ name, datatype, shape, data }) => ({
    name,
    datatype,
    shape,
    parameters: { binary_data_size: data.length },
  }));
  const header = Buffer.from(JSON.stringify({ inputs, parameters: { binary_data_output: true } }));
  return {
    headers: { 'content-type': 'application/octet-stream', 'inference-header-content-length': String(header.length) },
    body: Buffer.concat([header, ...tensors.map((tensor) => tensor.data)]),
  };
}

function encodeJson(tensors: readonly Tensor[]): EncodedBody {
  const inputs = tensors.map(({ data, ...tensor }) => ({ ...tensor, data: jsonValues(tensor.datatype, data) }));
  return { headers: { 'content-type': 'application/json' }, body: Buffer.from(JSON.stringify({ inputs })) };
}

function concreteShape(input: TensorSpec, options: PayloadOptions): readonly number[] {
  const given = options.shapes?.[input.name];
  if (given !== undefined) return given;
  const shape = input.shape.map((size, axis) => (size < 0 && axis === 0 ? (options.rows ?? 1) : size));
  if (shape.some((size) => size < 0)) {
    throw invalidArgument(
      `input '${input.name}': ${formatTensorType(input.datatype, input.shape)} has variable dimensions; give its full shape`,
    );
  }
  return shape;
}

const LETTERS_PER_STRING = 16;

function fill(datatype: Datatype, count: number, random: () => number): Uint8Array {
  const bit = (): number => Math.round(random());
  switch (datatype) {
    case 'FP32':
      return bytesOf(Float32Array.from({ length: count }, () => round(random())));
    case 'FP64':
      return bytesOf(Float64Array.from({ length: count }, () => round(random())));
    // Bit patterns of numbers in [0.5, 1), or of zero.
    case 'FP16':
      return bytesOf(Uint16Array.from({ length: count }, () => halfBits(random(), 0x3800, 1024)));
    case 'BF16':
      return bytesOf(Uint16Array.from({ length: count }, () => halfBits(random(), 0x3f00, 128)));
    case 'BOOL':
    case 'UINT8':
    case 'INT8':
      return Uint8Array.from({ length: count }, bit);
    case 'UINT16':
    case 'INT16':
      return bytesOf(Uint16Array.from({ length: count }, bit));
    case 'UINT32':
    case 'INT32':
      return bytesOf(Uint32Array.from({ length: count }, bit));
    case 'UINT64':
    case 'INT64':
      return bytesOf(BigUint64Array.from({ length: count }, () => BigInt(bit())));
    case 'BYTES':
      return packBytes(Array.from({ length: count }, () => letters(random)));
    default:
      return datatype satisfies never;
  }
}

function round(value: number): number {
  return Math.floor(value * 10_000) / 10_000;
}

function halfBits(value: number, base: number, steps: number): number {
  return value === 0 ? 0 : base | Math.floor(value * steps);
}

function letters(random: () => number): Uint8Array {
  return Uint8Array.from({ length: LETTERS_PER_STRING }, () => 0x61 + Math.floor(random() * 26));
}
