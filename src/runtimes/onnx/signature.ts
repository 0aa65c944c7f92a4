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
 * What the first dimensions say of batching: `yes` or `no` for certain, `maybe` where they are variable, but their names
 * are missing or differ; the names of converters mean little.
 */
export function judgeBatching(metadata: SessionMetadata): 'yes' | 'no' | 'maybe' {
  const all = [...metadata.inputs, ...metadata.outputs].map(checkTensor);
  if (all.length === 0 || !all.every(startsVariable)) return 'no';
  const names = new Set(all.map((value) => String(value.shape[0])));
  return names.size === 1 && ![...names].some((name) => MEANINGLESS_DIM.test(name)) ? 'yes' : 'maybe';
}

/** The better guess for a `maybe` that could not be tried out: two different meaningful names mean two different sizes. */
export function guessBatching(metadata: SessionMetadata): boolean {
  const names = [...metadata.inputs, ...metadata.outputs]
    .map((value) => String(checkTensor(value).shape[0]))
    .filter((name) => !MEANINGLESS_DIM.test(name));
  return new Set(names).size <= 1;
}

/**
 * The signature as in the file. Throws `unimplemented` for sequences, maps, optional values and element types that no
 * tensor of ours can hold.
 */
export function readSignature(metadata: SessionMetadata, batchAxis: 0 | null): Signature {
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
