import type { MillraceError, ModelRef, Timing } from '../core/index.js';
import type { BatchTiming } from '../runtimes/index.js';
import type { Pending } from './pending.js';
import type { ModelStatistics, StatDuration } from './types.js';

const duration = (): StatDuration => ({ count: 0, ns: 0 });

function add(stat: StatDuration, ms: number, count = 1): void {
  stat.count += count;
  stat.ns += Math.round(ms * 1e6);
}

type BatchStatistics = { computeInput: StatDuration; computeInfer: StatDuration; computeOutput: StatDuration };

/** Counts of one loaded generation, with Triton's meanings: per request, but `executionCount` and batches per batch. */
export class StatisticsCounter {
  readonly #batches = new Map<number, BatchStatistics>();
  readonly values: ModelStatistics;

  constructor(ref: ModelRef) {
    this.values = {
      name: ref.name,
      version: ref.version,
      lastInferenceMs: 0,
      inferenceCount: 0,
      executionCount: 0,
      success: duration(),
      fail: duration(),
      queue: duration(),
      computeInput: duration(),
      computeInfer: duration(),
      computeOutput: duration(),
      cacheHit: duration(),
      cacheMiss: duration(),
      batches: this.#batches,
    };
  }

  /** A batch ran to its end. */
  batch(rows: number, timing: BatchTiming, wallNowMs: number): void {
    let batch = this.#batches.get(rows);
    if (batch === undefined) {
      batch = { computeInput: duration(), computeInfer: duration(), computeOutput: duration() };
      this.#batches.set(rows, batch);
    }
    add(batch.computeInput, timing.computeInputMs);
    add(batch.computeInfer, timing.computeInferMs);
    add(batch.computeOutput, timing.computeOutputMs);
    this.values.executionCount++;
    this.values.lastInferenceMs = wallNowMs;
  }

  /** A request, or a row of one, is settled; `endedAt` is clock time. */
  request({ call, checked }: Pending, error: MillraceError | undefined, endedAt: number): void {
    const { rows, isRow = false } = checked;
    if (error === undefined) this.values.inferenceCount += rows;
    if (isRow) return;
    if (error === undefined) this.success(call.timing, endedAt);
    else this.failure(call.timing, endedAt);
  }

  /** A request is settled with its answer, the rows of which have been counted. */
  success(timing: Timing, endedAt: number): void {
    const { enqueuedAt, startedAt, prepareMs } = timing;
    add(this.values.success, Math.max(0, endedAt - enqueuedAt));
    add(this.values.queue, Math.max(0, startedAt - enqueuedAt - prepareMs));
    add(this.values.computeInput, timing.computeInputMs);
    add(this.values.computeInfer, timing.computeInferMs);
    add(this.values.computeOutput, timing.computeOutputMs);
  }

  /** A request is settled without an answer. */
  failure(timing: Timing, endedAt: number): void {
    add(this.values.fail, Math.max(0, endedAt - timing.enqueuedAt));
  }

  /** A request was answered from the cache, or with the answer of an equal one that it waited for. */
  cacheHit(timing: Timing, endedAt: number): void {
    const waitedMs = endedAt - timing.enqueuedAt;
    add(this.values.success, waitedMs + timing.cacheMs);
    add(this.values.queue, waitedMs);
    add(this.values.cacheHit, timing.cacheMs);
  }

  /** A request was looked for, computed and its answer kept, which took `ms` without the computation. */
  cacheMiss(ms: number): void {
    add(this.values.cacheMiss, ms);
  }
}
