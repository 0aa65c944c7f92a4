import { excerpt, invalidArgument, type ModelRef, type Signature, type TensorSpec } from '../../core/index.js';
import { dtypeName } from './dtypes.js';

/** The one signature that each model has. */
export const SIGNATURE_NAME = 'serving_default';
export const PREDICT_METHOD = 'tensorflow/serving/predict';

/** Throws `invalid_argument` for a signature that is not there; '' and undefined mean the default one. */
export function checkSignatureName({ name: model }: Pick<ModelRef, 'name'>, name: unknown): void {
  if (name === undefined || name === '' || name === SIGNATURE_NAME) return;
  if (typeof name !== 'string') throw invalidArgument(`request: expected 'signature_name' to be a string`);
  throw invalidArgument(`model '${model}' has no signature '${excerpt(name)}': its only one is '${SIGNATURE_NAME}'`);
}

/** A `SignatureDefMap` as protobuf's JSON mapping has it. */
export function encodeSignatureDefs({ inputs, outputs }: Signature): object {
  const definition = {
    inputs: encodeTensors(inputs),
    outputs: encodeTensors(outputs),
    method_name: PREDICT_METHOD,
  };
  return { signature_def: { [SIGNATURE_NAME]: definition } };
}

function encodeTensors(specs: readonly TensorSpec[]): object {
  return Object.fromEntries(specs.map((spec) => [spec.name, encodeTensor(spec)]));
}

function encodeTensor({ name, datatype, shape, dimNames, rankUnknown }: TensorSpec): object {
  const dim = shape.map((size, axis) => ({ size: String(size), name: dimNames?.[axis] ?? '' }));
  return { dtype: dtypeName(datatype), tensor_shape: { dim, unknown_rank: rankUnknown === true }, name };
}
