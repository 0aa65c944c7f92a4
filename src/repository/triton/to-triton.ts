import path from 'node:path';
import type { Datatype, ModelRef, Signature, TensorSpec } from '../../core/index.js';
import type { ToTriton } from '../../runtimes/index.js';
import { type InstanceConfig, type ModelConfig, sectionOf, type WarmupConfig } from '../model-config.js';
import { type ResolvedModelConfig, type ResolvedQueuePolicy, resolveModelConfig } from '../resolve.js';
import type { ModelSource } from '../types.js';
import { toSequenceBatching } from './to-sequence.js';

/** What a loaded model shows of itself; the engine's ModelInfo is one. */
export interface DescribedModel {
  /** By which it was asked for. */
  readonly ref: Pick<ModelRef, 'name'>;
  readonly source: ModelSource;
  /** Completed. */
  readonly signature: Signature;
  readonly maxBatchSize: number;
  readonly platform: string;
  readonly decoupled: boolean;
  /** Its requests come in sequences. */
  readonly sequences: boolean;
  readonly instances: number;
  readonly batching: { readonly enabled: boolean };
}

type Json = Readonly<Record<string, unknown>>;

/** A model's completed configuration as Triton's `/v2/models/{model}/config` shows it: JSON with proto field names. */
export function toTritonConfig(model: DescribedModel): Json {
  const { source, signature, maxBatchSize } = model;
  const { manifest } = source;
  const config = resolveModelConfig(source.config, manifest);
  const written = sectionOf(source.config, manifest);
  const own = (written === undefined ? undefined : manifest.triton?.toTriton?.(written)) ?? {};
  const dims = (spec: TensorSpec): readonly number[] => withoutBatch(spec.shape, spec);
  const reshape = (spec: TensorSpec): Json =>
    spec.modelShape === undefined ? {} : { reshape: { shape: withoutBatch(spec.modelShape, spec) } };
  const labels = new Map(config.outputs.map((output) => [output.name, output.labels]));
  return {
    name: model.ref.name,
    platform: config.platform ?? model.platform,
    backend: manifest.triton?.shownAs ?? manifest.name,
    runtime: '',
    version_policy: toVersionPolicy(config),
    max_batch_size: maxBatchSize,
    input: signature.inputs.map((spec) => ({
      name: spec.name,
      data_type: toDataType(spec.datatype),
      format: 'FORMAT_NONE',
      dims: dims(spec),
      ...reshape(spec),
      is_shape_tensor: false,
      allow_ragged_batch: false,
      optional: spec.optional,
      is_non_linear_format_io: false,
    })),
    output: signature.outputs.map((spec) => ({
      name: spec.name,
      data_type: toDataType(spec.datatype),
      dims: dims(spec),
      ...reshape(spec),
      label_filename: labels.get(spec.name) ?? '',
      is_shape_tensor: false,
      is_non_linear_format_io: false,
    })),
    batch_input: [],
    batch_output: [],
    ...(manifest.composes === undefined ? toExecution(config, model, own) : toSteps(model, own)),
    default_model_filename: toModelFilename(source),
    cc_model_filenames: {},
    metric_tags: config.metricTags,
    parameters: toParameters(source.config, own),
    model_warmup: config.warmup.map((warmup) => toWarmup(warmup, signature)),
    ...(config.responseCache.enabled ? { response_cache: { enable: true } } : {}),
    ...(model.decoupled ? { model_transaction_policy: { decoupled: true } } : {}),
  };
}

/** How the model's own instances run. */
function toExecution(config: ResolvedModelConfig, model: DescribedModel, own: ToTriton): Json {
  return {
    optimization: {
      ...own.optimization,
      priority: 'PRIORITY_DEFAULT',
      input_pinned_memory: { enable: true },
      output_pinned_memory: { enable: true },
      gather_kernel_buffer_threshold: 0,
      eager_batching: false,
    },
    ...toScheduling(config, model),
    instance_group: [toInstanceGroup(config, model)],
  };
}

/** What is made of other models has neither instances nor anything to optimise. */
function toSteps({ source }: DescribedModel, own: ToTriton): Json {
  const block = source.manifest.triton?.block;
  return { ...(block === undefined ? {} : { [block]: own.block }), instance_group: [] };
}

function withoutBatch(shape: readonly number[], { batchAxis }: TensorSpec): readonly number[] {
  return batchAxis === 0 ? shape.slice(1) : shape;
}

function toDataType(datatype: Datatype): string {
  return datatype === 'BYTES' ? 'TYPE_STRING' : `TYPE_${datatype}`;
}

function toVersionPolicy({ versions }: ResolvedModelConfig): Json {
  if (versions === 'all') return { all: {} };
  return 'latest' in versions
    ? { latest: { num_versions: versions.latest } }
    : { specific: { versions: versions.specific } };
}

/** How requests are batched: Triton knows one way at a time. */
function toScheduling(config: ResolvedModelConfig, model: DescribedModel): Json {
  if (model.sequences) return { sequence_batching: toSequenceBatching(config, model.maxBatchSize) };
  // A block that was written is shown even where one row is the largest batch: it holds the queue's policy too.
  return model.batching.enabled || model.source.config.batching?.enabled === true
    ? { dynamic_batching: toDynamicBatching(config, model) }
    : {};
}

function toDynamicBatching(config: ResolvedModelConfig, { source, maxBatchSize }: DescribedModel): Json {
  const { batching, queue, priorities } = config;
  const hasPriorities = source.config.priorities !== undefined;
  const preferred = batching.preferredBatchSizes;
  return {
    // Triton, too, shows the largest batch where no size is preferred.
    preferred_batch_size: preferred.length > 0 ? preferred : [maxBatchSize],
    max_queue_delay_microseconds: toMicroseconds(batching.maxQueueDelayMs),
    preserve_ordering: batching.preserveOrder,
    priority_levels: hasPriorities ? priorities.levels : 0,
    default_priority_level: hasPriorities ? priorities.default : 0,
    ...(source.config.queue === undefined ? {} : { default_queue_policy: toQueuePolicy(queue) }),
    priority_queue_policy: mapValues(priorities.queues, toQueuePolicy),
  };
}

function toQueuePolicy(policy: ResolvedQueuePolicy): Json {
  return {
    timeout_action: policy.timeoutAction === 'delay' ? 'DELAY' : 'REJECT',
    default_timeout_microseconds: toMicroseconds(policy.timeoutMs),
    allow_timeout_override: policy.allowTimeoutOverride,
    max_queue_size: policy.maxRequests,
  };
}

function toMicroseconds(milliseconds: number): number {
  return Math.round(milliseconds * 1000);
}

function toInstanceGroup({ instances }: ResolvedModelConfig, { ref, instances: count }: DescribedModel): Json {
  return {
    name: `${ref.name}_0`,
    kind: instances.kind === 'gpu' ? 'KIND_GPU' : 'KIND_CPU',
    count,
    gpus: [],
    secondary_devices: [],
    profile: [],
    passive: false,
    host_policy: '',
    ...(instances.rateLimiter === undefined ? {} : { rate_limiter: toRateLimiter(instances.rateLimiter) }),
  };
}

function toRateLimiter({ resources = [], priority = 1 }: NonNullable<InstanceConfig['rateLimiter']>): Json {
  return { resources: resources.map(({ name, count, global = false }) => ({ name, global, count })), priority };
}

/**
 * Free parameters, and the runtime's own under the names that Triton's backend gives them. Clients find under `image:<input>`
 * how a picture becomes that input.
 */
function toParameters({ parameters = {}, inputs = [] }: ModelConfig, own: ToTriton): Json {
  const media = inputs.flatMap(({ name, image, audio }) =>
    Object.entries({ image, audio }).flatMap(([kind, section]) =>
      section === undefined ? [] : [[`${kind}:${name}`, JSON.stringify(section)]],
    ),
  );
  const merged: Readonly<Record<string, string>> = {
    ...own.parameters,
    ...Object.fromEntries(media),
    ...parameters,
  };
  return mapValues(merged, (value) => ({ string_value: value }));
}

function toModelFilename({ config, path: modelPath, manifest }: ModelSource): string {
  return config.file ?? (manifest.files === undefined ? '' : path.basename(modelPath));
}

function toWarmup(warmup: Readonly<Required<WarmupConfig>>, signature: Signature): Json {
  const specs = new Map(signature.inputs.map((spec) => [spec.name, spec]));
  const inputs = Object.entries(warmup.inputs).map(([name, { datatype, shape, data }]) => {
    const type = datatype ?? specs.get(name)?.datatype;
    const source =
      data === 'zero'
        ? { zero_data: true }
        : data === 'random'
          ? { random_data: true }
          : { input_data_file: data.file.replace(/^warmup\//, '') };
    return [name, { data_type: type === undefined ? 'TYPE_INVALID' : toDataType(type), dims: shape ?? [], ...source }];
  });
  return { name: warmup.name, batch_size: warmup.batchSize, inputs: Object.fromEntries(inputs), count: warmup.count };
}

function mapValues<From, To>(record: Readonly<Record<string, From>>, map: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
