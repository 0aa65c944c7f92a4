import type { MillraceError, ModelRef } from '../core/index.js';
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

  /** A request is settled; `endedAt` is clock time. */
  request(item: Pending, error: MillraceError | undefined, endedAt: number): void {
    const { timing } = item.call;
    const totalMs = Math.max(0, endedAt - timing.enqueuedAt);
    if (error !== undefined) {
      add(this.values.fail, totalMs);
      return;
    }
    this.values.inferenceCount += item.checked.rows;
    add(this.values.success, totalMs);
    add(this.values.queue, Math.max(0, timing.startedAt - timing.enqueuedAt));
    add(this.values.computeInput, timing.computeInputMs);
    add(this.values.computeInfer, timing.computeInferMs);
    add(this.values.computeOutput, timing.computeOutputMs);
  }
}
