import {
  invalidArgument,
  type Message,
  type MillraceError,
  modelAside,
  msg,
  type Signature,
  type TensorSpec,
} from '../../core/index.js';
import type { StepOptions } from './options.js';

/** A tensor of a step's model, and the place of the ensemble's tensor that it is bound to. */
export interface Binding {
  readonly name: string;
  readonly slot: number;
}

export interface Step {
  readonly index: number;
  readonly model: string;
  readonly version: number | undefined;
  readonly inputs: readonly Binding[];
  readonly outputs: readonly Binding[];
}

/** Steps and what flows between them. A slot is the place of one of the ensemble's tensors. */
export interface Graph {
  readonly steps: readonly Step[];
  /** Indexes of the steps, each behind those that it waits for. */
  readonly order: readonly number[];
  /** Names of the ensemble's tensors, by slot. */
  readonly tensors: readonly string[];
  /** The step that writes a tensor, by slot; undefined for what the request brings. */
  readonly writers: readonly (Step | undefined)[];
  /** The ensemble's own signature with the slots of its tensors. */
  readonly inputs: readonly { readonly spec: TensorSpec; readonly slot: number }[];
  readonly outputs: readonly { readonly spec: TensorSpec; readonly slot: number }[];
}

/** `step 1 (model 'mlp')`: how a step is called in messages to people. */
export function describeStep({ index, model }: Pick<Step, 'index' | 'model'>): Message {
  return msg`step ${index}${modelAside(model)}`;
}

/**
 * Brings steps and signature together, by Triton's rules for `ensemble_scheduling`: every tensor has one origin and
 * somebody who reads it, and no step waits for itself. Throws `invalid_argument` naming tensor and steps.
 */
export function buildGraph(options: readonly StepOptions[], signature: Signature): Graph {
  const slots = new Map<string, number>();
  const slotOf = (tensor: string): number => {
    const slot = slots.get(tensor) ?? slots.size;
    slots.set(tensor, slot);
    return slot;
  };
  const bind = (map: Readonly<Record<string, string>>): readonly Binding[] =>
    Object.entries(map).map(([name, tensor]) => ({ name, slot: slotOf(tensor) }));
  const inputs = signature.inputs.map((spec) => ({ spec, slot: slotOf(spec.name) }));
  const steps = options.map(
    ({ model, version, ...maps }, index): Step => ({
      index,
      model,
      version,
      inputs: bind(maps.inputs),
      outputs: bind(maps.outputs),
    }),
  );
  const outputs = signature.outputs.map((spec) => ({ spec, slot: slotOf(spec.name) }));
  const tensors = [...slots.keys()];
  for (const step of steps) {
    if (step.inputs.length === 0) throw refuse(msg`${describeStep(step)} has no inputs`);
    if (step.outputs.length === 0) throw refuse(msg`${describeStep(step)} has no outputs`);
  }
  const writers = findWriters(steps, tensors, inputs.length);
  const graph = { steps, tensors, writers, inputs, outputs };
  checkOrigins(graph);
  const order = orderSteps(steps, writers);
  checkReaders(graph);
  return { ...graph, order };
}

/** The inputs of the ensemble have the first slots. */
function findWriters(
  steps: readonly Step[],
  tensors: readonly string[],
  inputCount: number,
): readonly (Step | undefined)[] {
  const writers: (Step | undefined)[] = tensors.map(() => undefined);
  for (const step of steps) {
    for (const { slot } of step.outputs) {
      const other = writers[slot];
      const tensor = `tensor '${tensors[slot]}'`;
      if (slot < inputCount)
        throw refuse(msg`${tensor} is an input of the ensemble, but ${describeStep(step)} writes it`);
      if (other === step) throw refuse(msg`${tensor} is written by two outputs of ${describeStep(step)}`);
      if (other !== undefined) {
        throw refuse(msg`${tensor} is written by ${describeStep(other)} and by ${describeStep(step)}`);
      }
      writers[slot] = step;
    }
  }
  return writers;
}

function checkOrigins({ steps, tensors, writers, inputs, outputs }: Omit<Graph, 'order'>): void {
  const exists = (slot: number) => slot < inputs.length || writers[slot] !== undefined;
  for (const step of steps) {
    const lost = step.inputs.find(({ slot }) => !exists(slot));
    if (lost === undefined) continue;
    throw refuse(
      msg`${describeStep(step)} reads tensor '${String(tensors[lost.slot])}' as its input '${lost.name}', but no step writes it and the ensemble has no such input`,
    );
  }
  const unwritten = outputs.find(({ slot }) => !exists(slot));
  if (unwritten !== undefined) throw refuse(`output '${unwritten.spec.name}' of the ensemble is written by no step`);
}

function checkReaders({ steps, tensors, writers, inputs, outputs }: Omit<Graph, 'order'>): void {
  const read = tensors.map(() => false);
  for (const { slot } of steps.flatMap((step) => step.inputs)) read[slot] = true;
  const unread = inputs.find(({ slot }) => !read[slot]);
  if (unread !== undefined) throw refuse(`input '${unread.spec.name}' of the ensemble is read by no step`);
  for (const { slot } of outputs) read[slot] = true;
  const useless = read.indexOf(false);
  const writer = writers[useless];
  if (writer === undefined) return;
  throw refuse(
    msg`tensor '${String(tensors[useless])}', which ${describeStep(writer)} writes, is read by no step and is no output of the ensemble; leave it out of the step's outputs`,
  );
}

/** Steps behind those that they wait for. Throws when some wait for each other. */
function orderSteps(steps: readonly Step[], writers: readonly (Step | undefined)[]): readonly number[] {
  const order: number[] = [];
  const visited: ('open' | 'done' | undefined)[] = [];
  const path: Step[] = [];
  const visit = (step: Step): void => {
    if (visited[step.index] === 'done') return;
    if (visited[step.index] === 'open') {
      const cycle = [...path.slice(path.indexOf(step)), step].map(describeStep);
      throw refuse(`steps wait for each other: ${cycle.reverse().join(' → ')}`);
    }
    visited[step.index] = 'open';
    path.push(step);
    for (const { slot } of step.inputs) {
      const writer = writers[slot];
      if (writer !== undefined) visit(writer);
    }
    path.pop();
    visited[step.index] = 'done';
    order.push(step.index);
  };
  for (const step of steps) visit(step);
  return order;
}

/** The one form of everything that is wrong with an ensemble. */
export function refuse(message: string | Message): MillraceError {
  return invalidArgument(msg`ensemble: ${message}`);
}
