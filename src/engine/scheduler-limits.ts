import { type ResolvedModelConfig, type ResolvedQueuePolicy, resolveSequenceBatching } from '../repository/index.js';
import type { CostUnit, Description } from '../runtimes/index.js';
import type { QueuePolicy } from './admission.js';
import type { PreparedModel } from './generation/prepare.js';
import type { BatchLimits } from './plan-batch.js';
import type { SequenceLimits } from './sequences/sequence.js';

/** How the requests of one loaded generation are queued and run. */
export interface SchedulerLimits {
  readonly batching: BatchLimits;
  /** By level, index 0 = level 1; there may be more levels than an array has room for. */
  readonly policies: Pick<readonly QueuePolicy[], 'length' | 'at'>;
  readonly defaultLevel: number;
  /** What the limit of a batch's cost is counted in. */
  readonly costUnit: CostUnit;
  /** A request is cheaper at the instance that has served others like it. */
  readonly affinity: boolean;
  /** Longest run; of models of many answers, longest time between two of them. */
  readonly executionTimeoutMs: number;
  readonly preserveOrder: boolean;
  /** A failed or lost batch may run again, item by item. */
  readonly pure: boolean;
  /** Any number of answers: they are passed on as they come. */
  readonly decoupled: boolean;
  /** A tenant that has all places of the model's instances but one does not get the last one. */
  readonly reservesLastPlace: boolean;
  /** A second batch is sent ahead while the median run is shorter; 0 = never. */
  readonly prefetchBelowMs: number;
  /** Its runtime needs the calls behind the items. */
  readonly wantsContext: boolean;
  /** Batches that run at a time in one instance; nothing is sent ahead where that is more than 1. */
  readonly concurrency: number;
  /** Requests come in sequences; undefined = each for itself. */
  readonly sequences: SequenceLimits | undefined;
}

/** The limits of a model, as its configuration and its file say them; `batching`: its requests are batched together. */
export function schedulerLimits(
  { config, maxBatchSize, description, sequences }: PreparedModel,
  { batching, prefetchBelowMs }: { readonly batching: boolean; readonly prefetchBelowMs: number },
): SchedulerLimits {
  const { levels, queues } = config.priorities;
  const own = new Map(Object.entries(queues).map(([level, policy]) => [Number(level), policy]));
  const policies = { length: levels, at: (index: number): ResolvedQueuePolicy => own.get(index + 1) ?? config.queue };
  return {
    batching: {
      batching,
      maxRows: maxBatchSize,
      maxCost: config.batching.maxBatchCost || Number.POSITIVE_INFINITY,
      padding: description.padding,
      preferredSizes: [...config.batching.preferredBatchSizes].sort((a, b) => a - b),
      maxDelayMs: config.batching.maxQueueDelayMs,
    },
    policies,
    defaultLevel: config.priorities.default,
    costUnit: description.costUnit ?? 'bytes',
    affinity: description.affinity === true && config.instances.count > 1,
    executionTimeoutMs: executionTimeoutMs(config.limits, description),
    preserveOrder: config.batching.preserveOrder,
    pure: description.pure,
    decoupled: description.decoupled,
    // Their runs may last for minutes.
    reservesLastPlace: description.decoupled,
    wantsContext: description.wantsContext,
    concurrency: description.concurrency,
    // Inline runs block this thread, so nothing could overlap.
    prefetchBelowMs: config.instances.placement === 'inline' ? 0 : prefetchBelowMs,
    sequences: sequences ? sequenceLimits(config, Math.max(1, maxBatchSize)) : undefined,
  };
}

/** Preparers have limits of their own for what they run; this one ends a preparer that hangs. */
const PREPARING_TIMEOUT_MS = 60_000;

/** The limits of a model's preparer: requests wait for it as they do for the model, and go to it one by one. */
export function preparerLimits(
  limits: SchedulerLimits,
  { concurrency, wantsContext }: Pick<Description, 'concurrency' | 'wantsContext'>,
): SchedulerLimits {
  return {
    ...limits,
    batching: { batching: false, maxRows: 1, preferredSizes: [], maxDelayMs: 0 },
    costUnit: 'bytes',
    affinity: false,
    executionTimeoutMs: PREPARING_TIMEOUT_MS,
    pure: true,
    decoupled: false,
    reservesLastPlace: true,
    wantsContext,
    concurrency,
    prefetchBelowMs: 0,
    sequences: undefined,
  };
}

/** Long prompts take a while until their first token. */
const GENERATION_IDLE_MS = 60_000;

function executionTimeoutMs(
  { executionTimeoutMs: runMs, streamIdleTimeoutMs }: PreparedModel['config']['limits'],
  { decoupled, tasks }: PreparedModel['description'],
): number {
  if (!decoupled) return runMs;
  return streamIdleTimeoutMs || (tasks?.generate === undefined ? runMs : GENERATION_IDLE_MS);
}

/** How the sequences of a model are kept; `batchRows` = the most rows of a batch of it, 1 when it does not batch. */
function sequenceLimits({ sequenceBatching, instances }: ResolvedModelConfig, batchRows: number): SequenceLimits {
  const config = sequenceBatching ?? resolveSequenceBatching();
  const ids = config.controls.find(({ kind }) => kind === 'correlationId');
  const direct = config.strategy === 'direct';
  const slotsPerInstance = direct ? batchRows : config.maxCandidateSequences;
  return {
    slotsPerInstance,
    maxPerPrincipal: config.maxSequencesPerPrincipal ?? Math.ceil((slotsPerInstance * instances.count) / 2),
    maxIdleMs: config.maxIdleMs,
    minSlotUtilization: direct ? config.minSlotUtilization : undefined,
    idInput: ids === undefined ? undefined : { name: ids.name, datatype: ids.datatype },
  };
}
