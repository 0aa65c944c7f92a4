import { type Static, type TObject, Type } from '@sinclair/typebox';
import { BY_LOAD, OWN_FILES_ONLY, type RuntimeManifest, type RuntimeOptions } from '../runtimes/index.js';
import { InstanceConfigSchema, LimitsConfigSchema } from './config/instance-config.js';
import {
  BatchingConfigSchema,
  PrioritiesSchema,
  QueuePolicySchema,
  ResponseCacheConfigSchema,
} from './config/scheduling-config.js';
import { SequenceBatchingSchema } from './config/sequence-config.js';
import { TensorConfigSchema } from './config/tensor-config.js';
import { WarmupConfigSchema } from './config/warmup-config.js';
import { joinAlternatives } from './join-alternatives.js';
import { ALIAS_EXPECTED, ALIAS_PATTERN, LABEL_PATTERN } from './names.js';

export type { InstanceConfig, LimitsConfig } from './config/instance-config.js';
export type { BatchingConfig, QueuePolicyConfig, ResponseCacheConfig } from './config/scheduling-config.js';
export type { TensorConfig } from './config/tensor-config.js';
export type { WarmupConfig } from './config/warmup-config.js';

const strict = { additionalProperties: false } as const;
const section = { ...strict, default: {} } as const;

/** The versions that are served where a configuration names none. */
export const DEFAULT_VERSION_POLICY: VersionPolicy = { latest: 1 };

const VersionPolicySchema = Type.Union(
  [
    Type.Literal('all'),
    Type.Object({ latest: Type.Integer({ ...BY_LOAD, minimum: 1 }) }, strict),
    Type.Object({ specific: Type.Array(Type.Integer({ minimum: 1 }), { ...BY_LOAD, minItems: 1 }) }, strict),
  ],
  { ...BY_LOAD, default: { latest: 1 }, description: 'Which version folders are served.' },
);

/**
 * `model.yaml`, field by field, without the sections of runtimes: the one normal form into which Triton's `config.pbtxt` and
 * bare files are read too. Everything is optional; what is missing is read from the model file or takes the default given
 * here. Sizes end in `Bytes`, durations in `Ms`.
 */
export const CommonConfigSchema = Type.Object(
  {
    name: Type.Optional(
      Type.String({ ...BY_LOAD, minLength: 1, description: "Must equal the folder's name when given." }),
    ),
    runtime: Type.Optional(Type.String(BY_LOAD)),
    platform: Type.Optional(Type.String({ ...BY_LOAD, description: "Triton's platform string, shown in metadata." })),
    file: Type.Optional(
      Type.String({ ...BY_LOAD, description: 'Model file inside the version folder (default_model_filename).' }),
    ),
    source: Type.Optional(
      Type.String({
        ...OWN_FILES_ONLY,
        minLength: 1,
        description:
          'Where `millrace pull` gets the model from: `npm:<package>`, `pypi:<project>`, `hf:<owner>/<name>`, `https://…`, a file or a folder ' +
          '(relative to this one).',
      }),
    ),
    maxBatchSize: Type.Optional(
      Type.Integer({
        ...BY_LOAD,
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
    labels: Type.Optional(
      Type.Record(Type.String({ pattern: LABEL_PATTERN }), Type.Integer({ minimum: 1 }), {
        ...BY_LOAD,
        default: {},
        description:
          'Names for versions, as in `{ stable: 3, canary: 4 }`: callers say `model@canary`, and a bare name means `stable` where ' +
          'there is one. These versions are served, too, whatever `versions` says.',
      }),
    ),
    aliases: Type.Optional(
      Type.Array(Type.String({ pattern: ALIAS_PATTERN, 'x-expected': ALIAS_EXPECTED }), {
        ...OWN_FILES_ONLY,
        maxItems: 100,
        default: [],
        description:
          'Further names under which callers may ask for the model, as in `[gpt-4o-mini]`. Rights, quotas and metering go by its own ' +
          'name. A model, a route or an earlier alias of the same name comes first.',
      }),
    ),
    batching: Type.Optional(BatchingConfigSchema),
    sequenceBatching: Type.Optional(SequenceBatchingSchema),
    queue: Type.Optional(Type.Object(QueuePolicySchema.properties, section)),
    priorities: Type.Optional(PrioritiesSchema),
    responseCache: Type.Optional(ResponseCacheConfigSchema),
    instances: Type.Optional(InstanceConfigSchema),
    limits: Type.Optional(LimitsConfigSchema),
    warmup: Type.Optional(Type.Array(WarmupConfigSchema, { maxItems: 100, default: [] })),
    parameters: Type.Optional(
      Type.Record(Type.String(), Type.String(), {
        ...BY_LOAD,
        default: {},
        description: 'Free text, shown in the model configuration.',
      }),
    ),
    metricTags: Type.Optional(Type.Record(Type.String(), Type.String(), { ...BY_LOAD, default: {} })),
  },
  strict,
);

export type VersionPolicy = Static<typeof VersionPolicySchema>;

type CommonConfig = Static<typeof CommonConfigSchema>;

/** A model's configuration as written: any field may be missing. Keys beyond the common ones are sections of runtimes. */
export interface ModelConfig extends CommonConfig {
  readonly [section: string]: unknown;
}

/** The schema of `model.yaml` where there are these runtimes, each with its section. */
export function createModelConfigSchema(runtimes: readonly RuntimeManifest[]): TObject {
  const { name, runtime, platform, file, source, parameters, metricTags, ...others } = CommonConfigSchema.properties;
  const names = joinAlternatives(runtimes.map((manifest) => manifest.name));
  const [ending] = runtimes.flatMap(({ files }) => (files === undefined || files.names ? [] : files.endings));
  const sections = runtimes.flatMap((manifest) =>
    manifest.options === undefined ? [] : [[manifest.name, Type.Optional({ ...manifest.options, ...strict })] as const],
  );
  return Type.Object(
    {
      name,
      runtime: { ...runtime, description: `What runs it: ${names}. Default: determined by the file.` },
      platform,
      file: ending === undefined ? file : { ...file, default: `model${ending}` },
      source,
      ...others,
      ...Object.fromEntries(sections),
      parameters,
      metricTags,
    },
    strict,
  );
}

/** What is written of a runtime's section; undefined = nothing. */
export function sectionOf(config: ModelConfig, { name, options }: RuntimeManifest): RuntimeOptions | undefined {
  // The schema has it as a map.
  return options === undefined ? undefined : (config[name] as RuntimeOptions | undefined);
}
