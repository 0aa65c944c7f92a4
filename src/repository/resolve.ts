import { Value } from '@sinclair/typebox/value';
import {
  type BatchingConfig,
  type EchoConfig,
  type EnsembleConfig,
  type InstanceConfig,
  type LimitsConfig,
  type ModelConfig,
  ModelConfigSchema,
  type OnnxConfig,
  type QueuePolicyConfig,
  type ResponseCacheConfig,
  type TensorConfig,
  type VersionPolicy,
  type WarmupConfig,
} from './model-config.js';
import { type ResolvedSequenceBatching, resolveSequenceBatching } from './sequence-config.js';

export type ResolvedQueuePolicy = Readonly<Required<QueuePolicyConfig>>;

/** Priority levels, 1 = highest; `queues` holds a policy for each level that has its own. */
export interface ResolvedPriorities {
  readonly levels: number;
  readonly default: number;
  readonly queues: Readonly<Record<string, ResolvedQueuePolicy>>;
}

/** A model's configuration with every documented default in place; what only the model file can tell stays undefined. */
export interface ResolvedModelConfig {
  readonly name: string | undefined;
  readonly runtime: string | undefined;
  readonly platform: string | undefined;
  readonly file: string;
  readonly maxBatchSize: number | undefined;
  readonly inputs: readonly TensorConfig[];
  /** Empty = every output of the file. */
  readonly outputs: readonly TensorConfig[];
  readonly versions: VersionPolicy;
  readonly batching: Readonly<Required<BatchingConfig>>;
  /** undefined = not written; a model that keeps state by itself takes the defaults then. */
  readonly sequenceBatching: ResolvedSequenceBatching | undefined;
  readonly queue: ResolvedQueuePolicy;
  readonly priorities: ResolvedPriorities;
  readonly responseCache: Readonly<Required<ResponseCacheConfig>>;
  readonly instances: Readonly<Required<Omit<InstanceConfig, 'runner' | 'rateLimiter'>>> & {
    readonly runner: string | undefined;
    readonly rateLimiter: InstanceConfig['rateLimiter'];
  };
  readonly limits: Readonly<Required<LimitsConfig>>;
  readonly warmup: readonly Readonly<Required<WarmupConfig>>[];
  readonly onnx: Readonly<Required<Omit<OnnxConfig, 'executionProviders'>>> & {
    readonly executionProviders: readonly string[];
  };
  readonly echo: Readonly<Required<EchoConfig>>;
  readonly ensemble?: EnsembleConfig | undefined;
  readonly parameters: Readonly<Record<string, string>>;
  readonly metricTags: Readonly<Record<string, string>>;
}

/**
 * Fills in the defaults that {@link ModelConfigSchema} documents. Instances on a GPU run through CUDA by default,
 * ensembles inline and without batches of their own.
 */
export function resolveModelConfig(config: ModelConfig): ResolvedModelConfig {
  // A union's object default would be merged into another member's value, so the policy stays out of Value.Default.
  const { versions, ...rest } = config;
  const filled = Value.Default(ModelConfigSchema, structuredClone(rest)) as ModelConfig;
  // Value.Default has filled every field that has a default; its types cannot say so.
  const complete = filled as ModelConfig & Omit<ResolvedModelConfig, 'versions' | 'priorities'>;
  const defaultVersions = ModelConfigSchema.properties.versions.default as VersionPolicy;
  const { levels, default: level, queues } = filled.priorities as Required<NonNullable<ModelConfig['priorities']>>;
  return {
    ...complete,
    name: config.name,
    runtime: config.runtime,
    platform: config.platform,
    maxBatchSize: config.maxBatchSize,
    sequenceBatching:
      config.sequenceBatching === undefined ? undefined : resolveSequenceBatching(config.sequenceBatching),
    versions: versions ?? defaultVersions,
    // What an ensemble computes is computed by its models.
    ...(config.ensemble === undefined ? {} : { batching: { ...complete.batching, enabled: false } }),
    instances: {
      ...complete.instances,
      ...(config.ensemble === undefined ? {} : { placement: 'inline' }),
      runner: config.instances?.runner,
    },
    onnx: { ...complete.onnx, executionProviders: executionProviders(config) ?? complete.onnx.executionProviders },
    priorities: {
      levels,
      default: level,
      queues: Object.fromEntries(
        Object.entries(queues).map(([name, policy]) => [name, { ...complete.queue, ...policy }]),
      ),
    },
  };
}

function executionProviders({ instances, onnx }: ModelConfig): readonly string[] | undefined {
  return onnx?.executionProviders ?? (instances?.kind === 'gpu' ? ['cuda'] : undefined);
}
