import { type ResolvedSequenceBatching, resolveSequenceBatching } from '../config/sequence-config.js';
import type { ResolvedModelConfig } from '../resolve.js';

type Json = Readonly<Record<string, unknown>>;

const KINDS = {
  start: 'CONTROL_SEQUENCE_START',
  end: 'CONTROL_SEQUENCE_END',
  ready: 'CONTROL_SEQUENCE_READY',
  correlationId: 'CONTROL_SEQUENCE_CORRID',
} as const;
const VALUES: Readonly<Record<string, string>> = {
  INT32: 'int32_false_true',
  FP32: 'fp32_false_true',
  BOOL: 'bool_false_true',
};

/** Triton's `sequence_batching` block of a model that keeps sequences; its shapes leave the batch dimension out. */
export function toSequenceBatching(config: ResolvedModelConfig, maxBatchSize: number): Json {
  const sequences = config.sequenceBatching ?? resolveSequenceBatching();
  return {
    max_sequence_idle_microseconds: Math.round(sequences.maxIdleMs * 1000),
    ...toStrategy(config, sequences),
    control_input: sequences.controls.map(toControl),
    state: sequences.states.map((state) => toState(state, maxBatchSize)),
    iterative_sequence: false,
  };
}

function toStrategy({ batching }: ResolvedModelConfig, sequences: ResolvedSequenceBatching): Json {
  const max_queue_delay_microseconds = Math.round(batching.maxQueueDelayMs * 1000);
  if (sequences.strategy === 'direct') {
    return { direct: { max_queue_delay_microseconds, minimum_slot_utilization: sequences.minSlotUtilization } };
  }
  return {
    oldest: {
      max_candidate_sequences: sequences.maxCandidateSequences,
      preferred_batch_size: batching.preferredBatchSizes,
      max_queue_delay_microseconds,
      preserve_ordering: batching.preserveOrder,
    },
  };
}

function toControl({ name, kind, datatype, falseTrue }: ResolvedSequenceBatching['controls'][number]): Json {
  const values = VALUES[datatype];
  return {
    name,
    control: [
      {
        kind: KINDS[kind],
        int32_false_true: [],
        fp32_false_true: [],
        bool_false_true: [],
        ...(kind === 'correlationId' || values === undefined
          ? { data_type: toDataType(datatype) }
          : { data_type: 'TYPE_INVALID', [values]: datatype === 'BOOL' ? falseTrue.map(Boolean) : falseTrue }),
      },
    ],
  };
}

function toState(state: ResolvedSequenceBatching['states'][number], maxBatchSize: number): Json {
  const { input, output, shape, initial } = state;
  const axis = state.batchAxis ?? (maxBatchSize > 0 ? 0 : -1);
  const data_type = toDataType(state.datatype);
  const dims = shape.filter((_, index) => index !== axis);
  const data = initial === 'zero' ? { zero_data: true } : { data_file: initial.file.replace(/^initial_state\//, '') };
  return {
    input_name: input,
    output_name: output,
    data_type,
    dims,
    initial_state: [{ data_type, dims, ...data, name: input }],
    use_same_buffer_for_input_output: false,
    use_growable_memory: false,
  };
}

function toDataType(datatype: string): string {
  return datatype === 'BYTES' ? 'TYPE_STRING' : `TYPE_${datatype}`;
}
