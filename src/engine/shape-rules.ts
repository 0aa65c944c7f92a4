import type { GenerationSpec, Message, Signature, Tensor, TensorSpec } from '../core/index.js';
import type { TensorConfig } from '../repository/index.js';
import { isShared, type RequestRules } from './request-rules.js';

/** How a tensor of a batch is padded, or an output cut back. */
export interface PaddingRule {
  readonly axes: readonly number[];
  readonly value: number;
}

/** How tensors change between what clients see and what the model file takes and gives. */
export interface ShapeRules {
  readonly request: RequestRules;
  readonly inputPadding: ReadonlyMap<string, PaddingRule>;
  readonly outputPadding: ReadonlyMap<string, PaddingRule>;
  /** Specs with a reshape, by tensor name. */
  readonly reshaped: ReadonlyMap<string, TensorSpec>;
}

export interface ShapeRulesOptions {
  readonly mention: Message;
  readonly signature: Signature;
  readonly maxBatchSize: number;
  readonly textOnly: boolean;
  readonly inputs: readonly TensorConfig[] | undefined;
  readonly outputs: readonly TensorConfig[] | undefined;
  /** Present where the model generates text. */
  readonly generate?: GenerationSpec | undefined;
}

/** Works out once per loaded generation what each request and batch needs to be held against. */
export function createShapeRules(options: ShapeRulesOptions): ShapeRules {
  const { signature } = options;
  const inputPadding = paddingOf(options.inputs);
  const variable = (spec: TensorSpec) =>
    spec.optional ||
    isShared(spec, options.maxBatchSize) ||
    spec.shape.some((size, axis) => size === -1 && !(axis === 0 && spec.batchAxis === 0));
  const request: RequestRules = {
    mention: options.mention,
    inputs: signature.inputs,
    outputNames: signature.outputs.map((spec) => spec.name),
    leftOut: signature.leftOut ?? [],
    maxBatchSize: options.maxBatchSize,
    textOnly: options.textOnly,
    paddedAxes: new Map([...inputPadding].map(([name, rule]) => [name, rule.axes])),
    uniform: !signature.inputs.some(variable),
    generate: options.generate,
  };
  const reshaped = [...signature.inputs, ...signature.outputs].filter((spec) => spec.modelShape !== undefined);
  return {
    request,
    inputPadding,
    outputPadding: paddingOf(options.outputs),
    reshaped: new Map(reshaped.map((spec) => [spec.name, spec])),
  };
}

function paddingOf(tensors: readonly TensorConfig[] | undefined): ReadonlyMap<string, PaddingRule> {
  const rules = new Map<string, PaddingRule>();
  for (const { name, padding } of tensors ?? []) if (padding !== undefined) rules.set(name, padding);
  return rules;
}

/**
 * `shape` rewritten from one pattern to another (Triton's reshape): the sizes of the variable dimensions of `from`
 * take the places of those of `to`, in order. `[rows, -1]` → `[rows]` and back are the usual cases.
 */
export function reshape(shape: readonly number[], from: readonly number[], to: readonly number[]): number[] {
  const sizes: number[] = [];
  for (let axis = 0; axis < from.length; axis++) if (from[axis] === -1) sizes.push(shape[axis] as number);
  let next = 0;
  return to.map((size) => (size === -1 ? (sizes[next++] as number) : size));
}

/** An input as the model file takes it. */
export function toModelShape(spec: TensorSpec, tensor: Tensor): Tensor {
  if (spec.modelShape === undefined) return tensor;
  return { ...tensor, shape: reshape(tensor.shape, spec.shape, spec.modelShape) };
}

/** An output as clients see it. */
export function toClientShape(spec: TensorSpec, tensor: Tensor): Tensor {
  if (spec.modelShape === undefined) return tensor;
  return { ...tensor, shape: reshape(tensor.shape, spec.modelShape, spec.shape) };
}
