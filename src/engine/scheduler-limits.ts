import type { QueuePolicy } from './admission.js';
import type { BatchLimits } from './plan-batch.js';
import type { SequenceLimits } from './sequences/sequence.js';

/** How the requests of one loaded generation are queued and run. */
export interface SchedulerLimits {
  readonly batching: BatchLimits;
  /** By level, index 0 = level 1; there may be more levels than an array has room for. */
  readonly policies: Pick<readonly QueuePolicy[], 'length' | 'at'>;
  readonly defaultLevel: number;
  readonly executionTimeoutMs: number;
  readonly preserveOrder: boolean;
  /** A failed or lost batch may run again, item by item. */
  readonly pure: boolean;
  /** Any number of answers: they are passed on as they come. */
  readonly decoupled: boolean;
  /** A second batch is sent ahead while the median run is shorter; 0 = never. */
  readonly prefetchBelowMs: number;
  /** Its runtime needs the calls behind the items. */
  readonly wantsContext: boolean;
  /** Batches that run at a time in one instance; nothing is sent ahead where that is more than 1. */
  readonly concurrency: number;
  /** Requests come in sequences; undefined = each for itself. */
  readonly sequences: SequenceLimits | undefined;
}
