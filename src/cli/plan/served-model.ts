import { MillraceError } from '../../core/index.js';
import type { BatchLimits } from '../../engine/index.js';
import { isDecoupled, keepsSequences, type TritonConfig } from '../inputs/model-config.js';

/** How a server serves a model, as far as planning has to know. */
export interface ServedConfig {
  readonly batching: BatchLimits;
  readonly instances: number;
  readonly maxQueuedRequests: number;
}

/** `queue.maxRequests` of a model that does not set it. */
const DEFAULT_QUEUED_REQUESTS = 1_024;

/** Reads the configuration that a server gives of a model. Throws `unimplemented` for models that cannot be planned. */
export function readServedConfig(model: string, config: TritonConfig): ServedConfig {
  const reason = unplannable(config);
  if (reason !== undefined) throw new MillraceError('unimplemented', `model '${model}' ${reason}`);
  const dynamic = recordOf(config.dynamic_batching);
  const maxRows = Math.max(1, numberOf(config.max_batch_size) ?? 0);
  const preferred = Array.isArray(dynamic?.preferred_batch_size) ? dynamic.preferred_batch_size.map(Number) : [];
  const groups = Array.isArray(config.instance_group) ? config.instance_group : [];
  const instances = groups.reduce((sum: number, group: unknown) => sum + (numberOf(recordOf(group)?.count) ?? 1), 0);
  return {
    batching: {
      batching: dynamic !== undefined,
      maxRows,
      preferredSizes: preferred.filter((size) => size < maxRows).sort((a, b) => a - b),
      maxDelayMs: (numberOf(dynamic?.max_queue_delay_microseconds) ?? 0) / 1000,
    },
    instances: Math.max(1, instances),
    maxQueuedRequests: numberOf(recordOf(dynamic?.default_queue_policy)?.max_queue_size) || DEFAULT_QUEUED_REQUESTS,
  };
}

function unplannable(config: TritonConfig): string | undefined {
  if (isDecoupled(config)) return 'may give several answers: plan predicts single requests with one answer';
  if (keepsSequences(config)) return 'keeps sequences: plan predicts requests that do not depend on each other';
  if (recordOf(config.ensemble_scheduling) !== undefined)
    return 'is an ensemble: plan each of the models that it calls';
  return undefined;
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined;
}

/** Triton writes 64-bit integers as text. */
function numberOf(value: unknown): number | undefined {
  const number = Number(value);
  return value === undefined || value === null || Number.isNaN(number) ? undefined : number;
}
