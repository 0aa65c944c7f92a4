import type { FinishReason, Usage } from './generation.js';
import type { ModelRef } from './model.js';

/** Why a batch was sent off. */
export type BatchReason = 'full' | 'preferred' | 'delay' | 'idle' | 'single' | 'retry' | 'trial';

/**
 * Where the time of one call went, and the tokens that it took, filled in on the way; all `…At` are {@link Clock.now} milliseconds and 0 until known.
 * Response headers, metrics, log lines and events all read this one value.
 */
export interface Timing {
  /** The version that answers, or was to; undefined until one is chosen. */
  answeredBy: ModelRef | undefined;
  /** The route that has chosen it, and which of its arms; '' where the caller names the model. */
  route: string;
  arm: string;
  /** Members of the request that have no effect on the answer; a header of the answer names them. */
  ignored: readonly string[];
  receivedAt: number;
  decodedAt: number;
  /** Accepted: from here on it waits for the model's preparer, where there is one, and for an instance. */
  enqueuedAt: number;
  /** In the preparer, of the time from then on; 0 for models without one. */
  prepareMs: number;
  /** Taken out of the queue into a batch. */
  dequeuedAt: number;
  /** Handed to the instance; later than `dequeuedAt` when the batch was prefetched. */
  startedAt: number;
  finishedAt: number;
  computeInputMs: number;
  computeInferMs: number;
  computeOutputMs: number;
  /** Of the computation, waited for other models that this one has called. */
  calledMs: number;
  batchRows: number;
  batchReason: BatchReason | undefined;
  /** Whether the response cache had the answer; undefined where it was not asked. */
  cache: 'hit' | 'miss' | undefined;
  /** The answer may come from the request of another caller, so the caller must not see whether it does. */
  cacheIsShared: boolean;
  /** Spent on looking into the response cache and putting the answer there. */
  cacheMs: number;
  encodeMs: number;
  /** First answer of a stream; 0 for models of one answer. */
  firstResponseAt: number;
  /** Tokens that a model says the call has taken; undefined where it does not. */
  usage: Usage | undefined;
  /** Why its model has stopped generating; undefined where it has not, or does not generate. */
  finishReason: FinishReason | undefined;
}

const NONE: readonly string[] = Object.freeze([]);

export function createTiming(receivedAt: number): Timing {
  return {
    answeredBy: undefined,
    route: '',
    arm: '',
    ignored: NONE,
    receivedAt,
    decodedAt: 0,
    enqueuedAt: 0,
    prepareMs: 0,
    dequeuedAt: 0,
    startedAt: 0,
    finishedAt: 0,
    computeInputMs: 0,
    computeInferMs: 0,
    computeOutputMs: 0,
    calledMs: 0,
    batchRows: 0,
    batchReason: undefined,
    cache: undefined,
    cacheIsShared: false,
    cacheMs: 0,
    encodeMs: 0,
    firstResponseAt: 0,
    usage: undefined,
    finishReason: undefined,
  };
}

/** How long a call that an instance has begun has waited in queues: for its turn to be prepared, where it was, and to run. */
export function queueMs({ enqueuedAt, prepareMs, dequeuedAt }: Timing): number {
  return dequeuedAt - enqueuedAt - prepareMs;
}
