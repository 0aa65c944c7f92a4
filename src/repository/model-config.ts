import { type Static, Type } from '@sinclair/typebox';
import { DATATYPES } from '../core/index.js';
import { ImageConfigSchema } from './image-config.js';
import { SequenceBatchingSchema } from './sequence-config.js';

/** The largest number that a uint64 holds, which it is in Triton's configuration. */
export const MAX_PRIORITY_LEVELS = 2 ** 64 - 2 ** 11;

/**
 * `model.yaml`, field by field: the one normal form into which Triton's `config.pbtxt` and bare files are read too.
 * Everything is optional; what is missing is read from the model file or takes the default given here.
 * Sizes end in `Bytes`, durations in `Ms`.
 */
const strict = { additionalProperties: false } as const;
const section = { ...strict, default: {} } as const;

const datatype = Type.Union(
  DATATYPES.map((name) => Type.Literal(name)),
  { description: 'Element type by its Open Inference Protocol name.' },
);
const dims = Type.Array(Type.Integer({ minimum: -1 }), {
  description: 'Full shape including the batch dimension where `maxBatchSize` is not 0; -1 = any size.',
});

export const TensorConfigSchema = Type.Object(
  {
    name: Type.String({ minLength: 1 }),
    datatype: Type.Optional(datatype),
    shape: Type.Optional(dims),
    optional: Type.Optional(Type.Boolean({ default: false, description: 'Requests may leave this input out.' })),
    labels: Type.Optional(
      Type.String({ description: 'File beside this one with one class label a line (outputs only).' }),
    ),
    image: Type.Optional(ImageConfigSchema),
    reshape: Type.Optional(
      Type.Array(Type.Integer({ minimum: -1 }), {
        description: "Shape of the tensor in the model file itself, without batch (Triton's reshape).",
      }),
    ),
    padding: Type.Optional(
      Type.Object(
        {
          axes: Type.Array(Type.Integer({ minimum: 1 }), {
            description: 'Axes whose size may differ within a batch; shorter ones are padded.',
          }),
          value: Type.Number({ default: 0, description: 'Value to pad with.' }),
        },
        strict,
      ),
    ),
  },
  strict,
);

export const QueuePolicySchema = Type.Object(
  {
    maxRequests: Type.Optional(
      Type.Integer({ minimum: 1, default: 1024, description: 'Requests that may wait; one more is refused at once.' }),
    ),
    timeoutMs: Type.Optional(
      Type.Number({
        minimum: 0,
        default: 0,
        description: 'Longest wait in the queue; 0 = as long as the call itself may last.',
      }),
    ),
    timeoutAction: Type.Optional(
      Type.Union([Type.Literal('reject'), Type.Literal('delay')], {
        default: 'reject',
        description: '`reject` refuses an expired request, `delay` puts it behind the others of its level.',
      }),
    ),
    allowTimeoutOverride: Type.Optional(
      Type.Boolean({ default: true, description: "Whether a request's own `timeout` counts." }),
    ),
  },
  strict,
);

export const BatchingConfigSchema = Type.Object(
  {
    enabled: Type.Optional(
      Type.Union([Type.Boolean(), Type.Literal('auto')], {
        default: 'auto',
        description:
          'Whether requests are batched together; `auto` measures at warm-up whether that pays on this machine.',
      }),
    ),
    preferredBatchSizes: Type.Optional(
      Type.Array(Type.Integer({ minimum: 1 }), {
        default: [],
        description:
          'Sizes sent before the delay is over; no batch is larger than the largest of them, unless a single request is.',
      }),
    ),
    maxQueueDelayMs: Type.Optional(
      Type.Number({
        minimum: 0,
        default: 0,
        description: 'Longest time that a request waits for others while an instance is idle.',
      }),
    ),
    preserveOrder: Type.Optional(
      Type.Boolean({
        default: false,
        description:
          'Answers leave in order of arrival; those of streams and sequences in the order in which they began to run.',
      }),
    ),
  },
  section,
);

export const WarmupConfigSchema = Type.Object(
  {
    name: Type.String(),
    batchSize: Type.Optional(Type.Integer({ minimum: 1, default: 1 })),
    count: Type.Optional(Type.Integer({ minimum: 1, default: 1 })),
    inputs: Type.Record(
      Type.String(),
      Type.Object(
        {
          datatype: Type.Optional(datatype),
          shape: Type.Optional(Type.Array(Type.Integer({ minimum: 0 }))),
          data: Type.Union([
            Type.Literal('zero'),
            Type.Literal('random'),
            Type.Object({ file: Type.String() }, strict),
          ]),
        },
        strict,
      ),
    ),
  },
  strict,
);

export const VersionPolicySchema = Type.Union(
  [
    Type.Literal('all'),
    Type.Object({ latest: Type.Integer({ minimum: 1 }) }, strict),
    Type.Object({ specific: Type.Array(Type.Integer({ minimum: 1 }), { minItems: 1 }) }, strict),
  ],
  { default: { latest: 1 }, description: 'Which version folders are served.' },
);

export const RateLimiterSchema = Type.Object(
  {
    resources: Type.Optional(
      Type.Array(
        Type.Object(
          {
            name: Type.String({ minLength: 1 }),
            count: Type.Integer({ minimum: 1 }),
            global: Type.Optional(
              Type.Boolean({
                description: "As in Triton's configuration; there is one machine, so it changes nothing.",
              }),
            ),
          },
          strict,
        ),
        { description: 'What each batch needs while it runs; counts where the server has `engine.rateLimit` on.' },
      ),
    ),
    priority: Type.Optional(Type.Integer({ minimum: 1, description: '2 gets half the turns of 1. Default: 1.' })),
  },
  strict,
);

export const InstanceConfigSchema = Type.Object(
  {
    count: Type.Optional(Type.Integer({ minimum: 1, maximum: 64, default: 1 })),
    placement: Type.Optional(
      Type.Union([Type.Literal('process'), Type.Literal('inline')], {
        default: 'process',
        description:
          '`process`: a runner process, which can be killed and releases its memory. `inline`: in the serving thread; ' +
          'for micro-models only; it cannot be killed, has no memory limit and does not release its memory.',
      }),
    ),
    runner: Type.Optional(
      Type.String({ description: 'Name of a runner process shared with the other models that give the same name.' }),
    ),
    environment: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        default: [],
        description:
          'Environment variables of the server that its runners get, besides those that every program needs: see ' +
          '[operations](operations.md#what-runners-may-see). Models that share a runner do so with those that name the same ones.',
      }),
    ),
    kind: Type.Optional(
      Type.Union([Type.Literal('auto'), Type.Literal('cpu'), Type.Literal('gpu')], {
        default: 'auto',
        description: '`gpu`: through CUDA, refused where there is none. `auto` and `cpu`: on the CPU.',
      }),
    ),
    rateLimiter: Type.Optional(RateLimiterSchema),
  },
  section,
);

export const ResponseCacheConfigSchema = Type.Object(
  {
    enabled: Type.Optional(
      Type.Boolean({
        default: false,
        description:
          'Equal requests get the same answer without running again: for models that always answer the same.',
      }),
    ),
    ttlMs: Type.Optional(
      Type.Integer({
        minimum: 0,
        default: 0,
        description: 'How long an answer stays valid; 0 = until its memory is needed.',
      }),
    ),
  },
  section,
);

export const LimitsConfigSchema = Type.Object(
  {
    executionTimeoutMs: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        default: 30_000,
        description:
          'A batch that runs longer is considered hung: its runner is killed and restarted. Must be less than ' +
          '`server.requestTimeoutMs` so that callers learn of it. For models of many answers, the longest time between two of ' +
          'them; time spent waiting for a slow reader or another model does not count.',
      }),
    ),
    loadTimeoutMs: Type.Optional(Type.Number({ exclusiveMinimum: 0, default: 120_000 })),
    maxRssBytes: Type.Optional(
      Type.Integer({
        minimum: 0,
        default: 0,
        description: 'Resident memory above which a runner is killed; 0 = the `runners.maxRssBytes` of the server.',
      }),
    ),
    maxInFlightBytes: Type.Optional(
      Type.Integer({
        minimum: 1,
        default: 268_435_456,
        description: 'Input bytes of requests that wait or run; more are refused at once.',
      }),
    ),
  },
  section,
);

export const OnnxConfigSchema = Type.Object(
  {
    intraOpThreads: Type.Optional(
      Type.Integer({
        minimum: 0,
        default: 1,
        description: 'Threads within an operator; 0 = ONNX Runtime decides.',
      }),
    ),
    interOpThreads: Type.Optional(Type.Integer({ minimum: 0, default: 1 })),
    graphOptimization: Type.Optional(
      Type.Union(
        ['disabled', 'basic', 'extended', 'layout', 'all'].map((level) => Type.Literal(level)),
        { default: 'all' },
      ),
    ),
    executionMode: Type.Optional(
      Type.Union([Type.Literal('sequential'), Type.Literal('parallel')], { default: 'sequential' }),
    ),
    executionProviders: Type.Optional(
      Type.Array(Type.String(), {
        default: ['cpu'],
        description: 'In order of preference: cpu, cuda, tensorrt, coreml, dml, webgpu. An unavailable one is refused.',
      }),
    ),
    enableCpuMemArena: Type.Optional(Type.Boolean({ default: true })),
    enableMemPattern: Type.Optional(Type.Boolean({ default: true })),
    cacheOptimizedGraph: Type.Optional(
      Type.Boolean({ default: false, description: 'Keep the optimised graph in the cache folder for faster loads.' }),
    ),
  },
  section,
);

export const EchoConfigSchema = Type.Object(
  {
    mode: Type.Optional(
      Type.Union([Type.Literal('identity'), Type.Literal('repeat'), Type.Literal('accumulate')], {
        default: 'identity',
        description:
          '`identity` answers its inputs (input i as output i), `repeat` answers `parameters.times` times, ' +
          '`accumulate` adds up its input over a sequence.',
      }),
    ),
    delayMs: Type.Optional(Type.Number({ minimum: 0, default: 0, description: 'How long each batch takes.' })),
    faults: Type.Optional(
      Type.Boolean({
        default: false,
        description:
          'Lets the request parameter `fault` (raise, hang, exit, abort, allocate) misbehave on purpose: for tests.',
      }),
    ),
  },
  section,
);

const tensorMap = (description: string) =>
  Type.Record(Type.String({ minLength: 1 }), Type.String({ minLength: 1 }), { description });

export const EnsembleConfigSchema = Type.Object(
  {
    steps: Type.Array(
      Type.Object(
        {
          model: Type.String({ minLength: 1, description: 'Another model of the server; it may be an ensemble too.' }),
          version: Type.Optional(
            Type.Integer({ minimum: 1, description: 'Default: the one that the version policy chooses.' }),
          ),
          inputs: tensorMap("The ensemble's tensor for each input of the model: `{ x: mid }` reads `mid` as `x`."),
          outputs: tensorMap("The ensemble's tensor for outputs of the model: `{ y: mid }` makes `mid` of `y`."),
        },
        strict,
      ),
      { minItems: 1, description: 'In any order: a step runs as soon as all that it reads is there.' },
    ),
  },
  strict,
);

export const ModelConfigSchema = Type.Object(
  {
    name: Type.Optional(Type.String({ minLength: 1, description: "Must equal the folder's name when given." })),
    runtime: Type.Optional(
      Type.String({ description: 'What runs it: onnx, script, echo or ensemble. Default: determined by the file.' }),
    ),
    platform: Type.Optional(Type.String({ description: "Triton's platform string, shown in metadata." })),
    file: Type.Optional(
      Type.String({
        default: 'model.onnx',
        description: 'Model file inside the version folder (default_model_filename).',
      }),
    ),
    maxBatchSize: Type.Optional(
      Type.Integer({
        minimum: 0,
        description:
          'Most rows in one request and in one batch; 0 = the model has no batch dimension. ' +
          'Default: 64 when the first dimension of every tensor is variable in the file and no run shows that rows change ' +
          'each other, else 0.',
      }),
    ),
    inputs: Type.Optional(Type.Array(TensorConfigSchema, { default: [] })),
    outputs: Type.Optional(
      Type.Array(TensorConfigSchema, { default: [], description: 'When any is given, only these are served.' }),
    ),
    versions: Type.Optional(VersionPolicySchema),
    batching: Type.Optional(BatchingConfigSchema),
    sequenceBatching: Type.Optional(SequenceBatchingSchema),
    queue: Type.Optional(Type.Object(QueuePolicySchema.properties, section)),
    priorities: Type.Optional(
      Type.Object(
        {
          levels: Type.Integer({ minimum: 1, maximum: MAX_PRIORITY_LEVELS }),
          default: Type.Integer({ minimum: 1, description: 'Level of requests that name none; 1 = highest.' }),
          queues: Type.Optional(
            Type.Record(Type.String({ pattern: '^[1-9][0-9]*$' }), QueuePolicySchema, {
              default: {},
              description: 'Queue policy by level; what a level leaves out is taken from `queue`.',
            }),
          ),
        },
        { ...strict, default: { levels: 1, default: 1 } },
      ),
    ),
    responseCache: Type.Optional(ResponseCacheConfigSchema),
    instances: Type.Optional(InstanceConfigSchema),
    limits: Type.Optional(LimitsConfigSchema),
    warmup: Type.Optional(Type.Array(WarmupConfigSchema, { default: [] })),
    onnx: Type.Optional(OnnxConfigSchema),
    echo: Type.Optional(EchoConfigSchema),
    ensemble: Type.Optional(EnsembleConfigSchema),
    parameters: Type.Optional(
      Type.Record(Type.String(), Type.String(), {
        default: {},
        description: 'Free text, shown in the model configuration.',
      }),
    ),
    metricTags: Type.Optional(Type.Record(Type.String(), Type.String(), { default: {} })),
  },
  { ...strict, $id: 'ModelConfig' },
);

/** A model's configuration as written: any field may be missing. */
export type ModelConfig = Static<typeof ModelConfigSchema>;
export type TensorConfig = Static<typeof TensorConfigSchema>;
export type BatchingConfig = Static<typeof BatchingConfigSchema>;
export type ResponseCacheConfig = Static<typeof ResponseCacheConfigSchema>;
export type InstanceConfig = Static<typeof InstanceConfigSchema>;
export type LimitsConfig = Static<typeof LimitsConfigSchema>;
export type OnnxConfig = Static<typeof OnnxConfigSchema>;
export type EchoConfig = Static<typeof EchoConfigSchema>;
export type EnsembleConfig = Static<typeof EnsembleConfigSchema>;
export type QueuePolicyConfig = Static<typeof QueuePolicySchema>;
export type WarmupConfig = Static<typeof WarmupConfigSchema>;
export type VersionPolicy = Static<typeof VersionPolicySchema>;
