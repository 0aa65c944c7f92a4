import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { DATATYPES } from '../../core/index.js';
import { BY_LOAD } from '../../runtimes/index.js';

const strict = { additionalProperties: false } as const;
const datatype = Type.Union(
  DATATYPES.map((name) => Type.Literal(name)),
  BY_LOAD,
);

export const ControlConfigSchema = Type.Object(
  {
    name: Type.String({ ...BY_LOAD, minLength: 1, description: 'Input of the model file that the server fills.' }),
    kind: Type.Union(
      [Type.Literal('start'), Type.Literal('end'), Type.Literal('ready'), Type.Literal('correlationId')],
      {
        ...BY_LOAD,
        description:
          'What it tells the model: that the step is the first or the last one, that the row has a request, or the id of the sequence.',
      },
    ),
    datatype,
    falseTrue: Type.Optional(
      Type.Tuple([Type.Number(), Type.Number()], {
        ...BY_LOAD,
        default: [0, 1],
        description: 'Values for no and yes; `correlationId` has none.',
      }),
    ),
  },
  strict,
);

export const StateConfigSchema = Type.Object(
  {
    input: Type.String({ ...BY_LOAD, minLength: 1, description: 'Input of the model file that takes the state.' }),
    output: Type.String({ ...BY_LOAD, minLength: 1, description: 'Output that is the state for the next step.' }),
    datatype,
    shape: Type.Array(Type.Integer({ minimum: 0 }), {
      ...BY_LOAD,
      description: 'Shape of the state of one sequence at its start, with a 1 where the batch axis is.',
    }),
    batchAxis: Type.Optional(
      Type.Integer({
        ...BY_LOAD,
        minimum: 0,
        description: 'Axis along which the states of a batch lie. Default: 0; none where `maxBatchSize` is 0.',
      }),
    ),
    initial: Type.Optional(
      Type.Union([Type.Literal('zero'), Type.Object({ file: Type.String(BY_LOAD) }, strict)], {
        ...BY_LOAD,
        default: 'zero',
        description: 'State at the start of a sequence: zeros, or a file with the raw data.',
      }),
    ),
  },
  strict,
);

export const SequenceBatchingSchema = Type.Object(
  {
    strategy: Type.Optional(
      Type.Union([Type.Literal('oldest'), Type.Literal('direct')], {
        ...BY_LOAD,
        default: 'oldest',
        description:
          '`oldest` has slots for `maxCandidateSequences` in an instance and batches those that have a request, oldest first; ' +
          '`direct` has one slot for each of the `maxBatchSize` rows of a batch. Other sequences wait for a slot.',
      }),
    ),
    maxIdleMs: Type.Optional(
      Type.Number({
        ...BY_LOAD,
        exclusiveMinimum: 0,
        default: 1_000,
        description: 'A sequence that has had no request for this long ends, and its slot is freed.',
      }),
    ),
    maxCandidateSequences: Type.Optional(
      Type.Integer({ ...BY_LOAD, minimum: 1, default: 1024, description: '`oldest`: slots in an instance.' }),
    ),
    maxSequencesPerPrincipal: Type.Optional(
      Type.Integer({
        ...BY_LOAD,
        minimum: 1,
        description:
          'Most sequences that one principal may have at a time. It does not apply to callers without a credential. ' +
          'Default: half of the slots of all instances, rounded up.',
      }),
    ),
    minSlotUtilization: Type.Optional(
      Type.Number({
        ...BY_LOAD,
        minimum: 0,
        maximum: 1,
        default: 0,
        description:
          '`direct`: a batch waits up to `batching.maxQueueDelayMs` until this share of the slots has a request.',
      }),
    ),
    controls: Type.Optional(
      Type.Array(ControlConfigSchema, {
        default: [],
        description: "Inputs that tell the model where it stands in a sequence (Triton's control_input).",
      }),
    ),
    states: Type.Optional(
      Type.Array(StateConfigSchema, {
        default: [],
        description: "Tensors carried from one step of a sequence to the next (Triton's implicit state).",
      }),
    ),
  },
  {
    ...strict,
    description:
      'The model is served in sequences: requests with the same `sequence_id` run in order on the same instance. ' +
      'Models that keep state by themselves do not need this section.',
  },
);

export type SequenceBatchingConfig = Static<typeof SequenceBatchingSchema>;
export type ControlConfig = Static<typeof ControlConfigSchema>;
export type StateConfig = Static<typeof StateConfigSchema>;

export type ResolvedSequenceBatching = Readonly<
  Required<Omit<SequenceBatchingConfig, 'maxSequencesPerPrincipal' | 'controls' | 'states'>>
> & {
  /** undefined = half of the slots. */
  readonly maxSequencesPerPrincipal?: number;
  readonly controls: readonly Readonly<Required<ControlConfig>>[];
  readonly states: readonly (Readonly<Required<Omit<StateConfig, 'batchAxis'>>> & {
    readonly batchAxis: number | undefined;
  })[];
};

/** The section with its documented defaults in place. */
export function resolveSequenceBatching(config: SequenceBatchingConfig = {}): ResolvedSequenceBatching {
  const filled = Value.Default(SequenceBatchingSchema, structuredClone(config)) as ResolvedSequenceBatching;
  return { ...filled, states: filled.states.map((state) => ({ ...state, batchAxis: state.batchAxis })) };
}
