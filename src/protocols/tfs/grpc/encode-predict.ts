import type { InferResponse, ModelRef, Tensor } from '../../../core/index.js';
import { ProtoWriter, VARINT } from '../../../protobuf/index.js';
import type { GrpcMessage } from '../../shared/grpc/method.js';
import { SIGNATURE_NAME } from '../signature.js';
import { writeTensor } from './encode-tensor.js';

const OUTPUTS_FIELD = 1;
const SPEC_FIELD = 2;

/** An encoder of `PredictResponse`s with a buffer of its own; long data is not copied. */
export function createPredictEncoder(): (response: Pick<InferResponse, 'ref' | 'outputs'>) => GrpcMessage {
  const writer = new ProtoWriter();
  const specs = new WeakMap<ModelRef, Uint8Array>();
  return ({ ref, outputs }) => {
    writer.reset();
    for (let index = 0; index < outputs.length; index++) {
      const output = outputs[index] as Tensor;
      const entry = writer.begin(OUTPUTS_FIELD);
      writer.string(1, output.name);
      const value = writer.begin(2);
      writeTensor(writer, output);
      writer.end(value);
      writer.end(entry);
    }
    let spec = specs.get(ref);
    if (spec === undefined) {
      spec = encodeModelSpec(ref, SPEC_FIELD);
      specs.set(ref, spec);
    }
    writer.raw(spec);
    return writer.finish();
  };
}

/** The field with the `ModelSpec` of the version that answered. */
export function encodeModelSpec(ref: ModelRef, field: number): Uint8Array {
  const writer = new ProtoWriter();
  const spec = writer.begin(field);
  writer.string(1, ref.name);
  const version = writer.begin(2);
  writer.varint(1 * 8 + VARINT);
  writer.varint(ref.version);
  writer.end(version);
  writer.string(3, SIGNATURE_NAME);
  writer.end(spec);
  return writer.finish()[0] as Uint8Array;
}
