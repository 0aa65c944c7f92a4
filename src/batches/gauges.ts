import type { OpenBatch } from './open-batch.js';
import type { BatchGauges } from './types.js';

/** The backlog of batches that have not ended. */
export function gaugesOf(open: readonly OpenBatch[], nowMs: number): BatchGauges {
  const running = open.filter(({ run }) => run !== undefined).length;
  const left = open.map(({ progress: { total, completed, failed } }) => total - completed - failed);
  const oldestAtMs = Math.min(...open.map(({ record }) => record.createdAtMs));
  return {
    waiting: open.length - running,
    running,
    lines: left.reduce((sum, each) => sum + each, 0),
    oldestMs: open.length === 0 ? 0 : Math.max(0, nowMs - oldestAtMs),
  };
}

/** Batches that wait for a model to be resumed. */
export function countHeld(open: readonly OpenBatch[], model: string): number {
  return open.filter(({ isHeld, pausedModel }) => isHeld && pausedModel === model).length;
}
