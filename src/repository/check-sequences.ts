import type { Datatype } from '../core/index.js';
import type { ControlConfig, StateConfig } from './config/sequence-config.js';
import type { ModelConfig } from './model-config.js';

const FLAG_TYPES: readonly Datatype[] = ['BOOL', 'INT32', 'FP32'];
const ID_TYPES: readonly Datatype[] = ['UINT64', 'INT64', 'UINT32', 'INT32', 'BYTES'];

/** The first contradiction of the sequence section, in itself or with the rest; undefined when there is none. */
export function sequenceProblem(config: ModelConfig): string | undefined {
  const { controls = [], states = [] } = config.sequenceBatching ?? {};
  return controlProblem(controls) ?? stateProblem(states) ?? nameProblem(controls, states) ?? shownProblem(config);
}

function controlProblem(controls: readonly ControlConfig[]): string | undefined {
  for (const [index, { name, kind, datatype }] of controls.entries()) {
    const what = `sequenceBatching.controls: '${name}'`;
    if (controls.findIndex((other) => other.kind === kind) !== index) return `${what} is a second ${kind}`;
    const types = kind === 'correlationId' ? ID_TYPES : FLAG_TYPES;
    if (!types.includes(datatype)) return `${what}: ${kind} is one of ${types.join(', ')}, got ${datatype}`;
  }
  return undefined;
}

function stateProblem(states: readonly StateConfig[]): string | undefined {
  for (const { input, shape, batchAxis } of states) {
    if (batchAxis === undefined || shape[batchAxis] === 1) continue;
    return `sequenceBatching.states: '${input}': the shape of one sequence must be 1 along batchAxis ${batchAxis}, got [${shape.join(',')}]`;
  }
  return undefined;
}

function nameProblem(controls: readonly ControlConfig[], states: readonly StateConfig[]): string | undefined {
  const inputs = [...controls.map(({ name }) => name), ...states.map(({ input }) => input)];
  const outputs = states.map(({ output }) => output);
  const twice = duplicateOf(inputs) ?? duplicateOf(outputs);
  return twice === undefined ? undefined : `sequenceBatching: tensor '${twice}' is configured twice`;
}

/** What the server fills is not for clients to send; what it keeps may be shown to them. */
function shownProblem({ inputs = [], sequenceBatching }: ModelConfig): string | undefined {
  const { controls = [], states = [] } = sequenceBatching ?? {};
  const control = inputs.find(({ name }) => controls.some((candidate) => candidate.name === name));
  if (control !== undefined)
    return `inputs: '${control.name}' is a control of sequenceBatching, which clients do not send`;
  const state = inputs.find(({ name }) => states.some(({ input }) => input === name));
  return state === undefined
    ? undefined
    : `inputs: '${state.name}' is a state of sequenceBatching, which clients do not send`;
}

function duplicateOf(names: readonly string[]): string | undefined {
  return names.find((name, index) => names.indexOf(name) !== index);
}
