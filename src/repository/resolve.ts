import { Value } from '@sinclair/typebox/value';
import { defaultPlacement, type RuntimeManifest, type RuntimeOptions } from '../runtimes/index.js';
import { type ResolvedSequenceBatching, resolveSequenceBatching } from './config/sequence-config.js';
import {
  type BatchingConfig,
  CommonConfigSchema,
  DEFAULT_VERSION_POLICY,
  type InstanceConfig,
  type LimitsConfig,
  type ModelConfig,
  type QueuePolicyConfig,
  type ResponseCacheConfig,
  sectionOf,
  type TensorConfig,
  type VersionPolicy,
  type WarmupConfig,
} from './model-config.js';

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
  /** Made of other models. */
  readonly composed: boolean;
  /** The runtime's section. */
  readonly options: RuntimeOptions;
  readonly parameters: Readonly<Record<string, string>>;
  readonly metricTags: Readonly<Record<string, string>>;
}

/**
 * Fills in the defaults that the schemas document, and those of the runtime: where it runs, and in its section. A model that is
 * made of others has no batches of its own.
 */
export function resolveModelConfig(config: ModelConfig, runtime: RuntimeManifest): ResolvedModelConfig {
  // A union's object default would be merged into another member's value, so the policy stays out of Value.Default.
  const { versions, ...rest } = config;
  const filled = Value.Default(CommonConfigSchema, structuredClone(rest)) as ModelConfig;
  // Value.Default has filled every field that has a default; its types cannot say so.
  const complete = filled as ModelConfig & Omit<ResolvedModelConfig, 'versions' | 'priorities'>;
  const { levels, default: level, queues } = filled.priorities as Required<NonNullable<ModelConfig['priorities']>>;
  const composed = runtime.composes !== undefined;
  return {
    name: config.name,
    runtime: config.runtime,
    platform: config.platform,
    maxBatchSize: config.maxBatchSize,
    inputs: complete.inputs,
    outputs: complete.outputs,
    versions: versions ?? DEFAULT_VERSION_POLICY,
    // What a model made of others computes is computed by those.
    batching: composed ? { ...complete.batching, enabled: false } : complete.batching,
    sequenceBatching:
      config.sequenceBatching === undefined ? undefined : resolveSequenceBatching(config.sequenceBatching),
    queue: complete.queue,
    priorities: {
      levels,
      default: level,
      queues: Object.fromEntries(
        Object.entries(queues).map(([name, policy]) => [name, { ...complete.queue, ...policy }]),
      ),
    },
    responseCache: complete.responseCache,
    instances: {
      ...complete.instances,
      placement: config.instances?.placement ?? defaultPlacement(runtime),
      runner: config.instances?.runner,
    },
    limits: complete.limits,
    warmup: complete.warmup,
    composed,
    options: resolveOptions(config, runtime),
    parameters: complete.parameters,
    metricTags: complete.metricTags,
  };
}

/** The runtime's section with its defaults in place. */
function resolveOptions(config: ModelConfig, runtime: RuntimeManifest): RuntimeOptions {
  if (runtime.options === undefined) return {};
  const written = { ...runtime.optionDefaults?.(config), ...sectionOf(config, runtime) };
  return Value.Default(runtime.options, structuredClone(written)) as RuntimeOptions;
}
