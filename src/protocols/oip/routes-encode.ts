import type { Static } from '@sinclair/typebox';
import type { ModelState, TensorSpec } from '../../core/index.js';
import type { ModelStatistics, ModelStatus, StatDuration } from '../../engine/index.js';
import type { ServedModel } from '../../service/index.js';
import type { IndexSchema, ModelMetadataSchema, StatisticsSchema } from './routes-schemas.js';

/** Model metadata as the Open Inference Protocol has it, with the digest of the files as a property. */
export function encodeModelMetadata(
  info: ServedModel,
  versions: readonly number[],
): Static<typeof ModelMetadataSchema> {
  return {
    name: info.ref.name,
    versions: versions.map(String),
    platform: info.platform,
    inputs: info.signature.inputs.map(encodeTensorSpec),
    outputs: info.signature.outputs.map(encodeTensorSpec),
    properties: { digest: `sha256:${info.source.digest}` },
  };
}

function encodeTensorSpec(spec: TensorSpec) {
  return { name: spec.name, datatype: spec.datatype, shape: [...spec.shape] };
}

/** Triton's statistics body. */
export function encodeStatistics(all: readonly ModelStatistics[]): Static<typeof StatisticsSchema> {
  return { model_stats: all.map(encodeModelStatistics) };
}

function encodeModelStatistics(stats: ModelStatistics) {
  return {
    name: stats.name,
    version: String(stats.version),
    last_inference: Math.round(stats.lastInferenceMs),
    inference_count: stats.inferenceCount,
    execution_count: stats.executionCount,
    inference_stats: {
      success: encodeDuration(stats.success),
      fail: encodeDuration(stats.fail),
      queue: encodeDuration(stats.queue),
      compute_input: encodeDuration(stats.computeInput),
      compute_infer: encodeDuration(stats.computeInfer),
      compute_output: encodeDuration(stats.computeOutput),
      cache_hit: encodeDuration(stats.cacheHit),
      cache_miss: encodeDuration(stats.cacheMiss),
    },
    response_stats: {},
    batch_stats: [...stats.batches]
      .sort(([a], [b]) => a - b)
      .map(([rows, batch]) => ({
        batch_size: rows,
        compute_input: encodeDuration(batch.computeInput),
        compute_infer: encodeDuration(batch.computeInfer),
        compute_output: encodeDuration(batch.computeOutput),
      })),
    memory_usage: [],
  };
}

function encodeDuration({ count, ns }: StatDuration): StatDuration {
  return { count, ns: Math.round(ns) };
}

/** Triton's repository index. A version that recovers from a crash is not ready here, unlike there. */
export function encodeIndex(statuses: readonly ModelStatus[]): Static<typeof IndexSchema> {
  return statuses.map(({ name, version, state }) => ({
    name,
    ...(version > 0 && { version: String(version) }),
    state: STATES[state.kind],
    ...('reason' in state && { reason: state.reason }),
  }));
}

const STATES = {
  loading: 'LOADING',
  warming: 'LOADING',
  ready: 'READY',
  recovering: 'UNAVAILABLE',
  draining: 'UNLOADING',
  unloaded: 'UNAVAILABLE',
  failed: 'UNAVAILABLE',
} as const satisfies Readonly<Record<ModelState['kind'], string>>;
