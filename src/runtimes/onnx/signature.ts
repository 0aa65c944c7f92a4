import type { InferenceSession } from 'onnxruntime-node';
import { MillraceError, type Signature, type TensorSpec } from '../../core/index.js';
import { datatypeOf } from './types.js';

type Metadata = InferenceSession.ValueMetadata;

export interface SessionMetadata {
  readonly inputs: readonly Metadata[];
  readonly outputs: readonly Metadata[];
}

/** Names that converters give to dimensions about which they know nothing; equal or not, they mean nothing. */
const MEANINGLESS_DIM = /^(unk__\d+|\?|)$/;

/**
 * The signature as in the file. Batching is possible (`batchAxis` 0) where the first dimension of every input and
 * output is variable. Two different symbolic names there mean two different sizes (a ragged model, say), so that it is
 * not a batch dimension, unless the configuration declares one (`maxBatchSize`). Throws `unimplemented` for sequences,
 * maps, optional values and element types that no tensor of ours can hold.
 */
export function readSignature(metadata: SessionMetadata, maxBatchSize: number | undefined): Signature {
  const all = [...metadata.inputs, ...metadata.outputs].map(checkTensor);
  const declared = maxBatchSize !== undefined && maxBatchSize > 0;
  const batchAxis = all.every(startsVariable) && (declared || haveOneName(all)) ? 0 : null;
  const toSpec = (value: Metadata) => toTensorSpec(checkTensor(value), batchAxis);
  return { inputs: metadata.inputs.map(toSpec), outputs: metadata.outputs.map(toSpec) };
}

type TensorMetadata = Extract<Metadata, { readonly isTensor: true }>;

function checkTensor(value: Metadata): TensorMetadata {
  if (!value.isTensor) {
    throw new MillraceError(
      'unimplemented',
      `'${value.name}' is a sequence, map or optional; only tensors are supported`,
    );
  }
  return value;
}

function startsVariable(value: TensorMetadata): boolean {
  return typeof value.shape[0] === 'string';
}

function haveOneName(values: readonly TensorMetadata[]): boolean {
  const names = values.map((value) => String(value.shape[0])).filter((name) => !MEANINGLESS_DIM.test(name));
  return new Set(names).size <= 1;
}

function toTensorSpec(value: TensorMetadata, batchAxis: 0 | null): TensorSpec {
  const datatype = datatypeOf(value.type);
  if (datatype === undefined) {
    throw new MillraceError(
      'unimplemented',
      `'${value.name}' has elements of type ${value.type}, which is not supported`,
    );
  }
  return {
    name: value.name,
    datatype,
    shape: value.shape.map((dim) => (typeof dim === 'number' ? dim : -1)),
    batchAxis,
    optional: false,
    dimNames: value.shape.map((dim) => (typeof dim === 'string' ? dim : '')),
  };
}
