import {
  arrayDatatype,
  elementCount,
  encodeElements,
  fitShape,
  flatten,
  formatElementCount,
  formatTensorType,
  invalidArgument,
  isExplicit,
  MillraceError,
  type Tensor,
} from '../core/index.js';
import type { ModelMetadata, TensorMetadata } from './types.js';

/** The shape of an input does not follow from its values. Its message says how callers in TypeScript give one; others have their own way. */
export class ShapeError extends MillraceError {
  declare readonly subject: { readonly input: string };
  /** The message without that. */
  readonly problem: string;

  constructor(input: string, problem: string) {
    super('invalid_argument', `${problem}; give {data, shape} to say the full shape`, { subject: { input } });
    this.name = 'ShapeError';
    this.problem = problem;
  }
}

/** Whether the value leaves its datatype or shape to the model's metadata. */
export function needsMetadata(value: unknown): boolean {
  return !(isExplicit(value) && (value.datatype !== undefined || arrayDatatype(value.data) !== undefined));
}

/**
 * An input as a raw tensor. `metadata` completes what the value does not say; it may be missing for values that
 * {@link needsMetadata} is false for. Rejects what does not fit with `invalid_argument`, naming the input.
 */
export function toTensor(name: string, value: unknown, metadata: TensorMetadata | undefined): Tensor {
  const place = `input '${name}'`;
  const explicit = isExplicit(value) ? value : undefined;
  const datatype = explicit?.datatype ?? metadata?.datatype ?? arrayDatatype(explicit?.data);
  if (datatype === undefined) throw invalid(place, 'has no datatype and the model no input of this name');
  const data = explicit === undefined ? value : explicit.data;
  const { elements, shape: shown } = flatten(place, data, datatype === 'BYTES');
  const count = elements.length;
  const shape = explicit?.shape ?? (metadata === undefined ? shown : fitShape(metadata.shape, shown, count));
  if (shape === undefined || elementCount(shape) !== count) {
    const wanted = formatTensorType(datatype, shape ?? metadata?.shape ?? []);
    const got = shown.length > 1 ? `shape [${shown.join(',')}]` : formatElementCount(count);
    throw new ShapeError(name, `${place} takes ${wanted}, got ${got}`);
  }
  return { name, datatype, shape, data: encodeElements(place, datatype, elements) };
}

/** All inputs of a request as raw tensors, completed by the model's `metadata` where it is given. Throws like {@link toTensor}. */
export function toTensors(
  inputs: Readonly<Record<string, unknown>>,
  metadata: Pick<ModelMetadata, 'name' | 'inputs'> | undefined,
): readonly Tensor[] {
  return Object.entries(inputs).map(([name, value]) => {
    const spec = metadata?.inputs.find((input) => input.name === name);
    if (metadata !== undefined && spec === undefined) {
      const known = metadata.inputs.map((input) => `'${input.name}'`).join(', ');
      throw invalidArgument(`model '${metadata.name}' has no input '${name}'; its inputs are ${known}`);
    }
    return toTensor(name, value, spec);
  });
}

function invalid(place: string, problem: string): MillraceError {
  return invalidArgument(`${place} ${problem}`);
}
