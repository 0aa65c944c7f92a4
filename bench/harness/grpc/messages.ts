import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { Tensor } from '../../../src/core/index.js';
import type { Rows } from '../requests.js';

/** Where a gRPC inference goes. */
export const INFER_PATH = '/inference.GRPCInferenceService/ModelInfer';
export const PREDICT_PATH = '/tensorflow.serving.PredictionService/Predict';
export const STREAM_INFER_PATH = '/inference.GRPCInferenceService/ModelStreamInfer';

/** Field numbers of `inference.ModelInferRequest` and its messages, as in Triton's grpc_service.proto. */
const REQUEST = { modelName: 1, id: 3, parameters: 4, inputs: 5, rawInputContents: 7 } as const;
const INPUT = { name: 1, datatype: 2, shape: 3 } as const;
const MAP_ENTRY = { key: 1, value: 2 } as const;
const PARAMETER = { bool: 1, int64: 2 } as const;
const RESPONSE = { id: 3, rawOutputContents: 6 } as const;
const STREAM_RESPONSE = { errorMessage: 1, inferResponse: 2 } as const;

/** Where a request stands in a sequence. */
export interface SequenceStep {
  readonly id: number;
  readonly start: boolean;
  readonly end: boolean;
}

export interface MessageOptions {
  readonly model: string;
  readonly input: string;
  /** Further inputs. */
  readonly others?: readonly Tensor[];
  readonly id?: string;
  readonly sequence?: SequenceStep;
}

/** An `inference.ModelInferRequest` of these rows as raw contents. */
export function inferMessage(rows: Pick<Rows, 'shape' | 'bytes'>, options: MessageOptions): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(REQUEST.modelName, WireType.LengthDelimited).string(options.model);
  if (options.id !== undefined) writer.tag(REQUEST.id, WireType.LengthDelimited).string(options.id);
  if (options.sequence !== undefined) writeSequence(writer, options.sequence);
  const first: Tensor = { name: options.input, datatype: 'FP32', shape: rows.shape, data: rows.bytes };
  const tensors = [first, ...(options.others ?? [])];
  for (const { name, datatype, shape } of tensors) {
    writer.tag(REQUEST.inputs, WireType.LengthDelimited).fork();
    writer.tag(INPUT.name, WireType.LengthDelimited).string(name);
    writer.tag(INPUT.datatype, WireType.LengthDelimited).string(datatype);
    writer.tag(INPUT.shape, WireType.LengthDelimited).fork();
    for (const size of shape) writer.int64(size);
    writer.join().join();
  }
  for (const { data } of tensors) writer.tag(REQUEST.rawInputContents, WireType.LengthDelimited).bytes(data);
  return writer.finish();
}

function writeSequence(writer: BinaryWriter, { id, start, end }: SequenceStep): void {
  const entry = (key: string, field: number, value: number): void => {
    writer.tag(REQUEST.parameters, WireType.LengthDelimited).fork();
    writer.tag(MAP_ENTRY.key, WireType.LengthDelimited).string(key);
    writer.tag(MAP_ENTRY.value, WireType.LengthDelimited).fork();
    writer.tag(field, WireType.Varint);
    if (field === PARAMETER.bool) writer.bool(value !== 0);
    else writer.int64(value);
    writer.join().join();
  };
  entry('sequence_id', PARAMETER.int64, id);
  if (start) entry('sequence_start', PARAMETER.bool, 1);
  if (end) entry('sequence_end', PARAMETER.bool, 1);
}

/** Field numbers of TensorFlow Serving's `PredictRequest` and its messages. */
const PREDICT = { modelSpec: 1, inputs: 2 } as const;
const SPEC = { name: 1 } as const;
const TENSOR = { dtype: 1, shape: 2, content: 4 } as const;
const SHAPE = { dim: 2, size: 1 } as const;
const DT_FLOAT = 1;

/** A `tensorflow.serving.PredictRequest` of these rows as `tensor_content`. */
export function predictMessage(
  rows: Pick<Rows, 'shape' | 'bytes'>,
  options: Pick<MessageOptions, 'model' | 'input'>,
): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(PREDICT.modelSpec, WireType.LengthDelimited).fork();
  writer.tag(SPEC.name, WireType.LengthDelimited).string(options.model).join();
  writer.tag(PREDICT.inputs, WireType.LengthDelimited).fork();
  writer.tag(MAP_ENTRY.key, WireType.LengthDelimited).string(options.input);
  writer.tag(MAP_ENTRY.value, WireType.LengthDelimited).fork();
  writer.tag(TENSOR.dtype, WireType.Varint).int32(DT_FLOAT);
  writer.tag(TENSOR.shape, WireType.LengthDelimited).fork();
  for (const size of rows.shape) {
    writer.tag(SHAPE.dim, WireType.LengthDelimited).fork();
    writer.tag(SHAPE.size, WireType.Varint).int64(size).join();
  }
  writer.join();
  writer.tag(TENSOR.content, WireType.LengthDelimited).bytes(rows.bytes);
  return writer.join().join().finish();
}

/** What matters here of an `inference.ModelInferResponse`. */
export interface InferAnswer {
  readonly id: string;
  readonly outputs: readonly Uint8Array[];
}

export function readInferAnswer(message: Uint8Array): InferAnswer {
  const reader = new BinaryReader(message);
  let id = '';
  const outputs: Uint8Array[] = [];
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (field === RESPONSE.id) id = reader.string();
    else if (field === RESPONSE.rawOutputContents) outputs.push(reader.bytes());
    else reader.skip(type);
  }
  return { id, outputs };
}

/** The answer in an `inference.ModelStreamInferResponse`; throws its error. */
export function readStreamAnswer(message: Uint8Array): InferAnswer {
  const reader = new BinaryReader(message);
  let answer: InferAnswer = { id: '', outputs: [] };
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (field === STREAM_RESPONSE.errorMessage) throw new Error(reader.string());
    if (field === STREAM_RESPONSE.inferResponse) answer = readInferAnswer(reader.bytes());
    else reader.skip(type);
  }
  return answer;
}

/** A message with gRPC's prefix: one byte for "not compressed" and four for its length. */
export function framed(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(5 + message.length);
  frame.writeUInt8(0, 0);
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, 5);
  return frame;
}
