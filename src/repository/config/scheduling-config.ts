import { type Static, Type } from '@sinclair/typebox';
import { BY_LOAD, OWN_FILES_ONLY } from '../../runtimes/index.js';

const strict = { additionalProperties: false } as const;
const section = { ...strict, default: {} } as const;

/** The largest number that a uint64 holds, which it is in Triton's configuration. */
export const MAX_PRIORITY_LEVELS = 2 ** 64 - 2 ** 11;

export const QueuePolicySchema = Type.Object(
  {
    maxRequests: Type.Optional(
      Type.Integer({
        ...BY_LOAD,
        minimum: 1,
        default: 1024,
        description: 'Requests that may wait; one more is refused at once.',
      }),
    ),
    timeoutMs: Type.Optional(
      Type.Number({
        ...BY_LOAD,
        minimum: 0,
        default: 0,
        description: 'Longest wait in the queue; 0 = as long as the call itself may last.',
      }),
    ),
    timeoutAction: Type.Optional(
      Type.Union([Type.Literal('reject'), Type.Literal('delay')], {
        ...BY_LOAD,
        default: 'reject',
        description: '`reject` refuses an expired request, `delay` puts it behind the others of its level.',
      }),
    ),
    allowTimeoutOverride: Type.Optional(
      Type.Boolean({ ...BY_LOAD, default: true, description: "Whether a request's own `timeout` counts." }),
    ),
  },
  strict,
);

export const BatchingConfigSchema = Type.Object(
  {
    enabled: Type.Optional(
      Type.Union([Type.Boolean(), Type.Literal('auto')], {
        ...BY_LOAD,
        default: 'auto',
        description:
          'Whether requests are batched together; `auto`: unless batches are clearly dearer here, by a measurement at load and by the runs of requests after it.',
      }),
    ),
    preferredBatchSizes: Type.Optional(
      Type.Array(Type.Integer({ minimum: 1 }), {
        ...BY_LOAD,
        default: [],
        description:
          'Sizes sent before the delay is over; no batch is larger than the largest of them, unless a single request is.',
      }),
    ),
    maxQueueDelayMs: Type.Optional(
      Type.Number({
        ...BY_LOAD,
        minimum: 0,
        default: 0,
        description: 'Longest time that a request waits for others while an instance is idle.',
      }),
    ),
    maxBatchCost: Type.Optional(
      Type.Integer({
        ...BY_LOAD,
        minimum: 0,
        default: 0,
        description:
          'Most input bytes of the requests of a batch (tokens, for models that count in tokens); a request that has more ' +
          'runs by itself; 0 = as many as there are.',
      }),
    ),
    preserveOrder: Type.Optional(
      Type.Boolean({
        ...BY_LOAD,
        default: false,
        description:
          'Answers leave in order of arrival; those of streams and sequences in the order in which they began to run.',
      }),
    ),
  },
  section,
);

export const PrioritiesSchema = Type.Object(
  {
    levels: Type.Integer({ ...BY_LOAD, minimum: 1, maximum: MAX_PRIORITY_LEVELS }),
    default: Type.Integer({ ...BY_LOAD, minimum: 1, description: 'Level of requests that name none; 1 = highest.' }),
    queues: Type.Optional(
      Type.Record(Type.String({ pattern: '^[1-9][0-9]*$' }), QueuePolicySchema, {
        default: {},
        description: 'Queue policy by level; what a level leaves out is taken from `queue`.',
      }),
    ),
  },
  { ...strict, default: { levels: 1, default: 1 } },
);

export const ResponseCacheConfigSchema = Type.Object(
  {
    enabled: Type.Optional(
      Type.Boolean({
        ...BY_LOAD,
        default: false,
        description:
          'Equal requests get the same answer without running again: for models that always answer the same.',
      }),
    ),
    ttlMs: Type.Optional(
      Type.Integer({
        ...BY_LOAD,
        minimum: 0,
        default: 0,
        description: 'How long an answer stays valid; 0 = until its memory is needed.',
      }),
    ),
    share: Type.Optional(
      Type.Union([Type.Literal('principal'), Type.Literal('all')], {
        ...OWN_FILES_ONLY,
        default: 'principal',
        description:
          'Who shares cached answers: requests of the same principal, or all callers. With `all` a caller can learn from response times what others have sent.',
      }),
    ),
  },
  section,
);

export type QueuePolicyConfig = Static<typeof QueuePolicySchema>;
export type BatchingConfig = Static<typeof BatchingConfigSchema>;
export type ResponseCacheConfig = Static<typeof ResponseCacheConfigSchema>;
