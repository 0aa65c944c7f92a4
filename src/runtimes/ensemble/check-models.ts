import { formatTensorType, msg, type TensorSpec } from '../../core/index.js';
import type { OtherModel } from '../model-calls.js';
import { describeStep, type Graph, refuse, type Step } from './graph.js';

/** What is known of a tensor, and from where: `input 'x' of model 'mlp'`. */
interface Origin {
  readonly spec: TensorSpec;
  readonly what: string;
}

/** The ensemble itself, seen as a model. */
export interface EnsembleFacts {
  /** 0 = no batch dimension. */
  readonly maxBatchSize: number;
}

/**
 * Holds a graph against the models of its steps (by step index), by Triton's rules: every required input is bound, no
 * name is unknown, datatypes and shapes agree. Throws `invalid_argument` naming both sides of a contradiction.
 */
export function checkModels(graph: Graph, models: readonly OtherModel[], { maxBatchSize }: EnsembleFacts): void {
  const origins: (Origin | undefined)[] = graph.tensors.map(() => undefined);
  for (const { spec, slot } of graph.inputs) origins[slot] = { spec, what: `input '${spec.name}' of the ensemble` };
  for (const { spec, slot } of graph.outputs) origins[slot] ??= { spec, what: `output '${spec.name}' of the ensemble` };
  for (const step of graph.steps) {
    const model = models[step.index] as OtherModel;
    // A model without batch dimension may take part; its shapes have to fit.
    if (model.maxBatchSize !== 0 && model.maxBatchSize < maxBatchSize) {
      throw refuse(
        msg`maxBatchSize is ${maxBatchSize}, but ${describeStep(step)} takes at most ${model.maxBatchSize} rows a request`,
      );
    }
    checkInputsGiven(step, model);
    for (const kind of ['input', 'output'] as const) checkStep(step, { kind, model, graph, origins });
  }
}

function checkInputsGiven(step: Step, { signature }: OtherModel): void {
  const missing = signature.inputs.find(
    (spec) => !spec.optional && step.inputs.every((binding) => binding.name !== spec.name),
  );
  if (missing === undefined) return;
  const type = formatTensorType(missing.datatype, missing.shape);
  throw refuse(msg`${describeStep(step)} does not say where its input '${missing.name}' (${type}) comes from`);
}

interface StepContext {
  readonly kind: 'input' | 'output';
  readonly model: OtherModel;
  readonly graph: Graph;
  readonly origins: (Origin | undefined)[];
}

function checkStep(step: Step, { kind, model, graph, origins }: StepContext): void {
  const specs = kind === 'input' ? model.signature.inputs : model.signature.outputs;
  for (const { name, slot } of kind === 'input' ? step.inputs : step.outputs) {
    const spec = specs.find((candidate) => candidate.name === name);
    if (spec === undefined) {
      const known = specs.map((candidate) => `'${candidate.name}'`).join(', ') || 'none';
      throw refuse(msg`${describeStep(step)} has no ${kind} '${name}'; its ${kind}s are ${known}`);
    }
    const here: Origin = { spec, what: `${kind} '${name}' of ${describeStep(step)}` };
    const known = origins[slot];
    if (known === undefined) origins[slot] = here;
    else checkAgree(graph.tensors[slot] as string, known, here);
  }
}

function checkAgree(tensor: string, one: Origin, other: Origin): void {
  if (one.spec.datatype === other.spec.datatype && shapesAgree(one.spec, other.spec)) return;
  const describe = ({ what, spec }: Origin) => `${formatTensorType(spec.datatype, spec.shape)} as ${what}`;
  throw refuse(`tensor '${tensor}' is ${describe(one)}, but ${describe(other)}`);
}

/** Equal where both are known, with the batch dimensions or, where only one side has one, without. */
function shapesAgree(one: TensorSpec, other: TensorSpec): boolean {
  return sizesAgree(one.shape, other.shape) || sizesAgree(withoutRows(one), withoutRows(other));
}

function withoutRows({ shape, batchAxis }: TensorSpec): readonly number[] {
  return batchAxis === null ? shape : shape.slice(1);
}

function sizesAgree(one: readonly number[], other: readonly number[]): boolean {
  return (
    one.length === other.length && one.every((size, axis) => size === -1 || other[axis] === -1 || size === other[axis])
  );
}
