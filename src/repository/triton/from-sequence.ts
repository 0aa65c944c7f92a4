import type { Datatype } from '../../core/index.js';
import type { ControlConfig, SequenceBatchingConfig, StateConfig } from '../config/sequence-config.js';
import type { ModelConfig } from '../model-config.js';
import type { TritonControl, TritonControlInput, TritonSequenceBatching, TritonState } from './config-types.js';

const KINDS: Readonly<Record<string, ControlConfig['kind']>> = {
  CONTROL_SEQUENCE_START: 'start',
  CONTROL_SEQUENCE_END: 'end',
  CONTROL_SEQUENCE_READY: 'ready',
  CONTROL_SEQUENCE_CORRID: 'correlationId',
};
/** Triton looks for files of initial states here. */
const STATE_FOLDER = 'initial_state';

/** Triton's `sequence_batching` block; `batching` = the model has a batch dimension, which Triton's shapes leave out. */
export function fromSequence(
  block: TritonSequenceBatching,
  batching: boolean,
): Pick<ModelConfig, 'batching' | 'sequenceBatching'> {
  const { control_input, state } = block;
  const idleUs = Number(block.max_sequence_idle_microseconds);
  const { batching: together, ...strategy } = fromStrategy(block);
  const sequenceBatching: SequenceBatchingConfig = {
    ...strategy,
    ...(idleUs === 0 ? {} : { maxIdleMs: idleUs / 1000 }),
    ...(control_input.length === 0 ? {} : { controls: control_input.map(fromControl) }),
    ...(state.length === 0 ? {} : { states: state.map((entry) => fromState(entry, batching)) }),
  };
  return { batching: { enabled: true, ...together }, sequenceBatching };
}

function fromStrategy({
  direct,
  oldest,
}: TritonSequenceBatching): SequenceBatchingConfig & Pick<ModelConfig, 'batching'> {
  if (oldest === undefined) {
    const delayUs = Number(direct?.max_queue_delay_microseconds ?? 0);
    const share = direct?.minimum_slot_utilization ?? 0;
    return {
      strategy: 'direct',
      // Written as a float: 0.7 is 0.699999988 there.
      ...(share === 0 ? {} : { minSlotUtilization: Number(share.toPrecision(6)) }),
      ...(delayUs === 0 ? {} : { batching: { maxQueueDelayMs: delayUs / 1000 } }),
    };
  }
  const { max_candidate_sequences: most, preferred_batch_size: sizes } = oldest;
  const delayUs = Number(oldest.max_queue_delay_microseconds);
  return {
    strategy: 'oldest',
    ...(most === 0 ? {} : { maxCandidateSequences: most }),
    batching: {
      ...(sizes.length === 0 ? {} : { preferredBatchSizes: [...sizes] }),
      ...(delayUs === 0 ? {} : { maxQueueDelayMs: delayUs / 1000 }),
      ...(oldest.preserve_ordering ? { preserveOrder: true } : {}),
    },
  };
}

function fromControl({ name, control }: TritonControlInput): ControlConfig {
  const [only, ...others] = control;
  if (only === undefined || others.length > 0) {
    throw new Error(`sequence_batching.control_input '${name}': expected one control, got ${control.length}`);
  }
  const kind = KINDS[only.kind];
  if (kind === undefined) throw new Error(`sequence_batching.control_input '${name}': unknown kind ${only.kind}`);
  if (kind !== 'correlationId') return { name, kind, ...fromFalseTrue(name, only) };
  if (only.data_type === 'TYPE_INVALID') {
    throw new Error(`sequence_batching.control_input '${name}': ${only.kind} needs a data_type`);
  }
  return { name, kind, datatype: fromDataType(only.data_type) };
}

function fromFalseTrue(name: string, control: TritonControl): Pick<ControlConfig, 'datatype' | 'falseTrue'> {
  const given = (
    [
      ['INT32', control.int32_false_true],
      ['FP32', control.fp32_false_true],
      ['BOOL', control.bool_false_true.map(Number)],
    ] as const
  ).filter(([, values]) => values.length > 0);
  const [datatype, values] = given[0] ?? [];
  const [no, yes, more] = values ?? [];
  if (given.length !== 1 || datatype === undefined || no === undefined || yes === undefined || more !== undefined) {
    throw new Error(
      `sequence_batching.control_input '${name}': expected two values in one of int32_false_true, fp32_false_true and bool_false_true`,
    );
  }
  return { datatype, falseTrue: [no, yes] };
}

function fromState(state: TritonState, batching: boolean): StateConfig {
  const [initial, ...others] = state.initial_state;
  const what = `sequence_batching.state '${state.input_name}'`;
  if (others.length > 0) throw new Error(`${what}: expected one initial_state at most, got ${1 + others.length}`);
  if (state.data_type === 'TYPE_INVALID') throw new Error(`${what}: data_type is missing`);
  // A sequence starts with 1 where a dim is variable, unless its initial state says otherwise.
  const given = initial === undefined || initial.dims.length === 0 ? state.dims : initial.dims;
  const dims = given.map((dim) => (Number(dim) === -1 ? 1 : Number(dim)));
  const file = initial?.data_file ?? '';
  return {
    input: state.input_name,
    output: state.output_name,
    datatype: fromDataType(state.data_type),
    shape: batching ? [1, ...dims] : dims,
    ...(file === '' ? {} : { initial: { file: `${STATE_FOLDER}/${file}` } }),
  };
}

function fromDataType(dataType: string): Datatype {
  // The schema table's data types are ours.
  return (dataType === 'TYPE_STRING' ? 'BYTES' : dataType.slice('TYPE_'.length)) as Datatype;
}
