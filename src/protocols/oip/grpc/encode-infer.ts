import {
  type InferResponse,
  type MillraceError,
  type ModelRef,
  type ParameterScalar,
  type Parameters,
  type ParameterValue,
  scalarParameter,
  type Tensor,
} from '../../../core/index.js';
import { ProtoWriter, VARINT } from '../../../protobuf/index.js';
import type { GrpcMessage } from '../../shared/grpc/method.js';

const MAX_INT64 = 2n ** 63n - 1n;
const RESPONSE_FIELD = 2;

/** What goes with an error of a stream: which request, and of requests that had answers before, whether that was the last. */
export interface StreamFailure {
  readonly id: string;
  readonly error: MillraceError;
  readonly modelName?: string;
  readonly final?: boolean;
}

/** Encodes answers to ModelInfer and ModelStreamInfer. */
export interface InferEncoder {
  /** A `ModelInferResponse`; outputs are raw contents that are not copied. */
  response(response: InferResponse): GrpcMessage;
  /** The same as a `ModelStreamInferResponse`, with the parameter `triton_final_response`. */
  streamResponse(response: InferResponse, final: boolean): GrpcMessage;
  /** A `ModelStreamInferResponse` with an error. */
  streamError(failure: StreamFailure): GrpcMessage;
  /** The empty answer that ends the answers to a request. */
  emptyFinal(modelName: string, id: string): GrpcMessage;
}

/** An encoder with a buffer of its own. */
export function createInferEncoder(): InferEncoder {
  const writer = new ProtoWriter();
  const models = new WeakMap<ModelRef, Uint8Array>();
  const write = (response: InferResponse, final: boolean | undefined) => {
    writer.reset();
    let model = models.get(response.ref);
    if (model === undefined) {
      model = encodeModel(response.ref);
      models.set(response.ref, model);
    }
    writer.raw(model);
    writeHead(writer, response.id, { parameters: response.parameters, final });
    writeOutputs(writer, response);
  };
  const writeEmpty = (modelName: string, id: string, final: boolean | undefined) => {
    writer.reset();
    if (modelName !== '') writer.string(1, modelName);
    writeHead(writer, id, { parameters: undefined, final });
  };
  return {
    response(response) {
      write(response, undefined);
      return writer.finish();
    },
    streamResponse(response, final) {
      write(response, final);
      return writer.finishWrapped(RESPONSE_FIELD);
    },
    streamError({ id, error, modelName = '', final }) {
      writer.reset();
      writer.string(1, error.message);
      const [message] = writer.finish();
      writeEmpty(modelName, id, final);
      return [message as Uint8Array, ...writer.finishWrapped(RESPONSE_FIELD)];
    },
    emptyFinal(modelName, id) {
      writeEmpty(modelName, id, true);
      return writer.finishWrapped(RESPONSE_FIELD);
    },
  };
}

function encodeModel(ref: ModelRef): Uint8Array {
  const writer = new ProtoWriter();
  writer.string(1, ref.name);
  writer.string(2, String(ref.version));
  return writer.finish()[0] as Uint8Array;
}

interface Head {
  readonly parameters: Parameters | undefined;
  readonly final: boolean | undefined;
}

function writeHead(writer: ProtoWriter, id: string, { parameters, final }: Head): void {
  if (id !== '') writer.string(3, id);
  for (const name in parameters) writeParameter(writer, name, parameters[name] as ParameterValue);
  if (final !== undefined) writeParameter(writer, 'triton_final_response', final);
}

/** An entry of `parameters`, which are field 4 of answers and of outputs alike. */
function writeParameter(writer: ProtoWriter, name: string, value: ParameterValue): void {
  const entry = writer.begin(4);
  writer.string(1, name);
  const parameter = writer.begin(2);
  writeValue(writer, scalarParameter(value));
  writer.end(parameter);
  writer.end(entry);
}

function writeValue(writer: ProtoWriter, value: ParameterScalar): void {
  if (typeof value === 'boolean') {
    writer.boolean(1, value);
  } else if (typeof value === 'string') {
    writer.string(3, value);
  } else if (typeof value === 'number' && !Number.isSafeInteger(value)) {
    writer.double(4, value);
  } else {
    const integer = BigInt(value);
    writer.varint((integer > MAX_INT64 ? 5 : 2) * 8 + VARINT);
    writer.bigVarint(integer);
  }
}

/** Every output has a raw content, an empty one where it went into shared memory: clients count on that. */
function writeOutputs(writer: ProtoWriter, { outputs, sharedOutputs }: InferResponse): void {
  for (let index = 0; index < outputs.length; index++) {
    const { name, datatype, shape } = outputs[index] as Tensor;
    const output = writer.begin(5);
    writer.string(1, name);
    writer.string(2, datatype);
    if (shape.length > 0) writeShape(writer, shape);
    const range = sharedOutputs?.get(name);
    if (range !== undefined) {
      writeParameter(writer, 'shared_memory_region', range.region);
      writeParameter(writer, 'shared_memory_byte_size', range.sizeBytes);
      if (range.offset > 0) writeParameter(writer, 'shared_memory_offset', range.offset);
    }
    writer.end(output);
  }
  for (let index = 0; index < outputs.length; index++) writer.data(6, (outputs[index] as Tensor).data);
}

function writeShape(writer: ProtoWriter, shape: readonly number[]): void {
  const packed = writer.begin(3);
  for (let axis = 0; axis < shape.length; axis++) writer.varint(shape[axis] as number);
  writer.end(packed);
}
