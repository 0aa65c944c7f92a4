import {
  bytesElements,
  ELEMENT_SIZE_BYTES,
  elementCount,
  formatElementCount,
  formatTensorType,
  invalidArgument,
  type MillraceError,
  type Signature,
  type Tensor,
  type TensorSpec,
} from '../../core/index.js';
import type { Description } from '../description.js';
import type { ControlInput, SequenceSpec, StateTensor } from '../sequence-spec.js';
import { zeros } from './stack.js';

/** Where an input of the model file comes from. */
export type InputSource =
  | { readonly kind: 'client'; readonly spec: TensorSpec }
  | { readonly kind: 'control'; readonly control: ControlInput; readonly rank: number }
  | { readonly kind: 'state'; readonly index: number; readonly state: StateTensor };

/** How requests and states become the tensors of a model file, and back. */
export interface SequenceLayout {
  /** What of the file's signature is for clients. */
  readonly signature: Signature;
  /** In the file's order. */
  readonly inputs: readonly InputSource[];
  readonly states: readonly StateTensor[];
  /** Index of the state by the name of its output. */
  readonly stateOutputs: ReadonlyMap<string, number>;
  /** By state, what a sequence starts with. */
  readonly initial: readonly Tensor[];
  /** Several sequences can share a run of the file. */
  readonly merges: boolean;
  /** Sequences may differ in the shape of their states, and share no run then. */
  readonly variableStates: boolean;
}

export interface LayoutQuestion {
  /** As the runtime describes the model. */
  readonly described: Pick<Description, 'signature' | 'stateful'>;
  readonly spec: SequenceSpec;
  /** The declared most rows of a batch; undefined = not declared. */
  readonly maxBatchSize: number | undefined;
}

/** Holds the sequence configuration against the model file; throws `invalid_argument` naming the tensor. */
export function planLayout({ described: model, spec, maxBatchSize }: LayoutQuestion): SequenceLayout {
  const { signature: described, stateful } = model;
  const { states } = spec;
  // Whoever keeps state by itself is told where an item stands, and needs no tensor for it.
  const controls = spec.controls.filter(
    ({ name }) => !stateful || described.inputs.some((input) => input.name === name),
  );
  const runtimeBatches = described.inputs.some((input) => input.batchAxis === 0);
  const batches = maxBatchSize === undefined ? runtimeBatches : maxBatchSize > 0;
  const stateSpecs = states.map((state) => checkState(described, state));
  for (const control of controls) checkTensor('control', control, find('input', described.inputs, control.name));

  const hidden = new Set([...controls.map(({ name }) => name), ...states.map(({ inputName }) => inputName)]);
  const stateOutputs = new Map(states.map((state, index) => [state.outputName, index]));
  const isShown = ({ name }: TensorSpec) => states[stateOutputs.get(name) ?? -1]?.shown !== false;
  // A file with states rarely has its batch in front everywhere, so the runtime took it for one without.
  const visible = (tensor: TensorSpec): TensorSpec =>
    runtimeBatches ? tensor : { ...tensor, batchAxis: batches && tensor.shape[0] === -1 ? 0 : null };
  const inputs = described.inputs.map((input): InputSource => {
    const control = controls.find(({ name }) => name === input.name);
    if (control !== undefined) return { kind: 'control', control, rank: input.shape.length };
    const index = states.findIndex(({ inputName }) => inputName === input.name);
    const state = states[index];
    return state === undefined ? { kind: 'client', spec: visible(input) } : { kind: 'state', index, state };
  });
  return {
    signature: {
      inputs: described.inputs.filter(({ name }) => !hidden.has(name)).map(visible),
      outputs: described.outputs.filter(isShown).map(visible),
    },
    inputs,
    states,
    stateOutputs,
    initial: states.map(initialState),
    merges:
      batches &&
      states.every(({ batchAxis }) => batchAxis !== null) &&
      inputs.every((input) => input.kind !== 'control' || input.rank > 0),
    variableStates: states.some((state, index) =>
      stateSpecs[index]?.shape.some((size, axis) => size === -1 && axis !== state.batchAxis),
    ),
  };
}

function checkState({ inputs, outputs }: Signature, state: StateTensor): TensorSpec {
  const { inputName, outputName, datatype, shape, batchAxis } = state;
  const input = find('input', inputs, inputName);
  const output = find('output', outputs, outputName);
  checkTensor('state', { name: inputName, datatype }, input);
  checkTensor('state', { name: outputName, datatype }, output);
  const fits =
    input.shape.length === shape.length && input.shape.every((size, axis) => size === -1 || size === shape[axis]);
  if (!fits) {
    throw refuse(
      `state '${inputName}' is configured with shape [${shape.join(',')}], but it has shape [${input.shape.join(',')}] in the model file`,
    );
  }
  if (batchAxis !== null && (batchAxis >= shape.length || shape[batchAxis] !== 1)) {
    throw refuse(
      `state '${inputName}': the shape of one sequence must be 1 along batchAxis ${batchAxis}, got [${shape.join(',')}]`,
    );
  }
  if (datatype === 'BYTES' && batchAxis !== null && batchAxis > 0) {
    throw refuse(
      `state '${inputName}' is BYTES, which can only be concatenated along axis 0, got batchAxis ${batchAxis}`,
    );
  }
  return input;
}

function checkTensor(what: string, wanted: Pick<TensorSpec, 'name' | 'datatype'>, spec: TensorSpec): void {
  if (spec.datatype === wanted.datatype) return;
  throw refuse(
    `${what} '${wanted.name}' is configured as ${wanted.datatype}, but it is ${spec.datatype} in the model file`,
  );
}

function find(kind: 'input' | 'output', specs: readonly TensorSpec[], name: string): TensorSpec {
  const spec = specs.find((candidate) => candidate.name === name);
  if (spec !== undefined) return spec;
  const known = specs.map((candidate) => `'${candidate.name}'`).join(', ');
  throw refuse(`the model file has no ${kind} '${name}'; it has ${known || 'none'}`);
}

function initialState({ inputName, datatype, shape, initial }: StateTensor): Tensor {
  const elementBytes = datatype === 'BYTES' ? 0 : ELEMENT_SIZE_BYTES[datatype];
  const count = elementCount(shape);
  const data =
    initial === undefined ? zeros(datatype, elementBytes, count) : new Uint8Array(Buffer.from(initial, 'base64'));
  if (datatype === 'BYTES') {
    const elements = bytesElements(data).length;
    if (elements !== count) {
      throw refuse(
        `the initial state of '${inputName}' has ${formatElementCount(elements)}; ${formatTensorType(datatype, shape)} needs ${count}`,
      );
    }
  } else if (data.byteLength !== count * elementBytes) {
    throw refuse(
      `the initial state of '${inputName}' has ${data.byteLength} bytes; ` +
        `${formatTensorType(datatype, shape)} needs ${count * elementBytes}`,
    );
  }
  return { name: inputName, datatype, shape, data };
}

function refuse(message: string): MillraceError {
  return invalidArgument(`sequenceBatching: ${message}`);
}
