import { type Static, Type } from '@sinclair/typebox';
import type { DeepReadonly } from '../core/index.js';

/** Limits and defaults of scheduling, for all models. */
export const EngineOptionsSchema = Type.Object(
  {
    defaultMaxBatchSize: Type.Integer({
      default: 64,
      minimum: 1,
      description: '`maxBatchSize` of models that can batch and whose configuration does not say.',
    }),
    maxInFlightBytes: Type.Integer({
      default: 1_073_741_824,
      minimum: 1,
      description:
        'Input bytes of all requests that wait or run; more are refused at once. Generated text that waits for a slow reader counts, too: a stream for which there is no room ends, and a principal has half of it at most.',
      'x-memory-share': 1 / 8,
    }),
    maxInstances: Type.Integer({ default: 1024, minimum: 1, description: 'Instances of all models together.' }),
    loadConcurrency: Type.Integer({
      default: 2,
      minimum: 1,
      description: 'Models that load at the same time.',
      'x-flag': '--model-load-thread-count',
    }),
    loadRetries: Type.Integer({
      default: 0,
      minimum: 0,
      maximum: 100,
      description: 'How often a failed load of a model is repeated at once before the model counts as failed.',
      'x-flag': '--model-load-retry-count',
    }),
    restartBackoffMs: Type.Number({
      default: 200,
      minimum: 1,
      description:
        'Wait before a dead runner is restarted; doubles with every further death up to `maxRestartBackoffMs`.',
    }),
    maxRestartBackoffMs: Type.Number({
      default: 30_000,
      minimum: 1,
      description: 'Longest wait before a dead runner is restarted.',
    }),
    prefetchBelowMs: Type.Number({
      default: 10,
      minimum: 0,
      description: 'A second batch is sent ahead to a busy runner when its median run is shorter; 0 = never.',
    }),
    fairness: Type.Union([Type.Literal('principal'), Type.Literal('off')], {
      default: 'principal',
      description:
        'Who takes turns in the queue of a model, within each priority level: principals, or nobody, so that all wait in the order of their coming.',
    }),
    rateLimit: Type.Union([Type.Literal('off'), Type.Literal('execution_count')], {
      default: 'off',
      description: "Whether batches wait for the resources that their models' `instances.rateLimiter` names.",
      'x-flag': '--rate-limit',
    }),
    rateLimitResources: Type.Array(Type.String(), {
      default: [],
      description:
        'How much of a resource exists, as `name:count`. Default of each: as much as the model that needs most of it.',
      'x-flag': '--rate-limit-resource',
    }),
    responseCacheBytes: Type.Integer({
      default: 67_108_864,
      minimum: 0,
      description: 'Answers kept for models whose `responseCache` is enabled, all together; 0 = none.',
      'x-memory-share': 1 / 32,
      'x-flag': '--response-cache-byte-size',
    }),
    cacheFolder: Type.String({
      default: '',
      description: "Folder for optimised graphs; '' = `millrace-<user id>` in the system's temporary folder.",
      'x-path': true,
    }),
  },
  { additionalProperties: false },
);

export type EngineOptions = DeepReadonly<Static<typeof EngineOptionsSchema>>;
