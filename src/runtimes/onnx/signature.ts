import type { InferenceSession } from 'onnxruntime-node';
import { type LeftOutOutput, MillraceError, type Signature, type TensorSpec } from '../../core/index.js';
import type { GraphValue } from './graph-values.js';
import { datatypeOf } from './types.js';

type Metadata = InferenceSession.ValueMetadata;
type GraphValues = ReadonlyMap<string, GraphValue>;
type TensorMetadata = Extract<Metadata, { readonly isTensor: true }>;

export interface SessionMetadata {
  readonly inputs: readonly Metadata[];
  readonly outputs: readonly Metadata[];
}

/** A session's inputs and outputs, those that can be served apart from the others. */
export interface Servable {
  readonly inputs: readonly TensorMetadata[];
  readonly outputs: readonly TensorMetadata[];
  readonly leftOut: readonly LeftOutOutput[];
  /** Names of those about whose rank the file says nothing. */
  readonly rankUnknown: ReadonlySet<string>;
}

/**
 * What of a session can be served: its tensors. Outputs of other types are left out; throws `unimplemented`, with what
 * to do, where an input is of such a type or no output is left.
 */
export function chooseServable(metadata: SessionMetadata, readValues: () => GraphValues): Servable {
  let read: GraphValues | undefined;
  const values = () => {
    read ??= readValues();
    return read;
  };
  for (const value of metadata.inputs) {
    const reason = whyNotServed(value, values, INPUT_REMEDIES);
    if (reason !== undefined) throw new MillraceError('unimplemented', `input '${value.name}' ${reason}`);
  }
  const outputs = uniqueByName(metadata.outputs);
  const leftOut = outputs.flatMap((value) => {
    const reason = whyNotServed(value, values, OUTPUT_REMEDIES);
    return reason === undefined ? [] : [{ name: value.name, reason }];
  });
  if (leftOut.length === outputs.length) {
    const reasons = leftOut.map(({ name, reason }) => `output '${name}' ${reason}`);
    throw new MillraceError(
      'unimplemented',
      reasons.join('; ') || 'the model has no output, so nothing of it can be served',
    );
  }
  const tensors = { inputs: metadata.inputs.filter(isTensor), outputs: outputs.filter(isServed).filter(isTensor) };
  // ONNX Runtime shows no dimensions for a scalar, and none where nobody knows them.
  const bare = [...tensors.inputs, ...tensors.outputs].filter(({ shape }) => shape.length === 0);
  const unknown = bare.filter(({ name }) => values().get(name)?.hasShape === false);
  return { ...tensors, leftOut, rankUnknown: new Set(unknown.map(({ name }) => name)) };
}

const isTensor = (value: Metadata): value is TensorMetadata => value.isTensor;
const isServed = (value: Metadata): boolean => value.isTensor && datatypeOf(value.type) !== undefined;

/** Remedies by the beginning of a type. */
type Remedies = readonly (readonly [start: string, remedy: string])[];

const INPUT_REMEDIES: Remedies = [
  ['sequence', 'export the model with an input for each element, or with one tensor of them all'],
  ['optional', 'export the model with the tensor itself as input'],
  ['map', 'export the model with its numbers as one tensor (DictVectorizer belongs before the export)'],
  ['', 'export the model with a tensor as input'],
];
const OUTPUT_REMEDIES: Remedies = [
  ['sequence of map', 'export the model with zipmap=False'],
  ['sequence', 'export the model with one tensor, such as that of ConcatFromSequence, as output'],
  ['optional', 'export the model with the tensor itself as output'],
  ['', 'export the model with a tensor as output'],
];

function whyNotServed(value: Metadata, values: () => GraphValues, remedies: Remedies): string | undefined {
  if (isServed(value)) return undefined;
  if (value.isTensor) return `has elements of type ${value.type}, which cannot be served: put a Cast to int8 there`;
  const type = values().get(value.name)?.type ?? 'value of unknown type';
  const remedy = remedies.find(([start]) => type.startsWith(start))?.[1];
  return `is ${/^[aeiou]/.test(type) ? 'an' : 'a'} ${type}, and only tensors can be served: ${remedy}`;
}

/** A graph may give the same tensor several times. */
function uniqueByName(values: readonly Metadata[]): readonly Metadata[] {
  return [...new Map(values.map((value) => [value.name, value])).values()];
}

/** Element types of shapes, lengths and axes. */
const INTEGERS: ReadonlySet<string> = new Set(['int32', 'int64']);

/** Names that converters give to dimensions about which they know nothing; equal or not, they mean nothing. */
const MEANINGLESS_DIM = /^(unk__\d+|\?|)$/;

/**
 * What the first dimensions say of batching: `yes` or `no` for certain, `maybe` where they are variable, but their names
 * are missing or differ; the names of converters mean little. Tensors of unknown rank say nothing.
 */
export function judgeBatching(servable: Servable): 'yes' | 'no' | 'maybe' {
  const all = [...servable.inputs, ...servable.outputs];
  const known = all.filter(({ name }) => !servable.rankUnknown.has(name));
  const mayCount = (value: TensorMetadata) => startsVariable(value) || isOneRow(value, servable);
  if (servable.inputs.length === 0 || !known.every(mayCount) || known.some(batchesElsewhere)) return 'no';
  const names = new Set(all.map((value) => String(value.shape[0] ?? '')));
  return names.size === 1 && ![...names].some((name) => MEANINGLESS_DIM.test(name)) ? 'yes' : 'maybe';
}

/** Names of inputs that may be a shape or a list of another kind: integers of one dimension whose name no other tensor begins with. */
export function possibleLists({ inputs, outputs }: Servable): ReadonlySet<string> {
  const all = [...inputs, ...outputs];
  const sharesName = (value: TensorMetadata) => {
    const [dim] = value.shape;
    return !MEANINGLESS_DIM.test(String(dim)) && all.some((other) => other !== value && other.shape[0] === dim);
  };
  const lists = inputs.filter(
    (value) => value.shape.length === 1 && INTEGERS.has(value.type) && startsVariable(value) && !sharesName(value),
  );
  // One of several inputs counts the rows.
  return new Set(lists.length === inputs.length ? [] : lists.map(({ name }) => name));
}

/** The better guess for a `maybe` that could not be tried out: two different meaningful names mean two different sizes. */
export function guessBatching(servable: Servable): boolean {
  if (servable.rankUnknown.size > 0 || !servable.outputs.every(startsVariable)) return false;
  const names = [...servable.inputs, ...servable.outputs]
    .map((value) => String(value.shape[0]))
    .filter((name) => !MEANINGLESS_DIM.test(name));
  return new Set(names).size <= 1;
}

/** The signature as in the file. */
export function readSignature(servable: Servable, batchAxis: 0 | null): Signature {
  const toSpec = (value: TensorMetadata) => toTensorSpec(value, batchAxis, servable.rankUnknown.has(value.name));
  const { leftOut } = servable;
  return {
    inputs: servable.inputs.map(toSpec),
    outputs: servable.outputs.map(toSpec),
    ...(leftOut.length === 0 ? {} : { leftOut }),
  };
}

function startsVariable(value: TensorMetadata): boolean {
  return typeof value.shape[0] === 'string';
}

/** Some converters say that of outputs with any number of rows. */
function isOneRow(value: TensorMetadata, { outputs }: Servable): boolean {
  return value.shape[0] === 1 && outputs.includes(value);
}

/** Recurrent networks often take `[sequence, batch, features]`. */
function batchesElsewhere({ shape: [first, ...rest] }: TensorMetadata): boolean {
  return !/batch/i.test(String(first)) && rest.some((dim) => /batch/i.test(String(dim)));
}

function toTensorSpec(value: TensorMetadata, batchAxis: 0 | null, rankUnknown: boolean): TensorSpec {
  return {
    name: value.name,
    // Those of other types are left out, or refused.
    datatype: datatypeOf(value.type) as TensorSpec['datatype'],
    shape: value.shape.map((dim) => (typeof dim === 'number' ? dim : -1)),
    batchAxis,
    optional: false,
    dimNames: value.shape.map((dim) => (typeof dim === 'string' ? dim : '')),
    ...(rankUnknown ? { rankUnknown } : {}),
  };
}
