import type { BatchTiming, Emission } from '../runtimes/index.js';
import type { Run, Slot } from './instance-pool.js';
import type { Pending } from './pending.js';

/** Only its first member can be alone: it has no others. */
export function runsAlone(run: Run): boolean {
  return run.members[0]?.alone === true;
}

/** Notes which members were answered with an error. */
export function markFailed({ members }: Run, emissions: readonly Emission[]): void {
  for (const { callId, error } of emissions) {
    const item = error === undefined ? undefined : members.find((member) => member.callId === callId);
    if (item !== undefined) item.failed = true;
  }
}

/** A batch that is about to be sent. */
export function createRun(
  members: readonly Pending[],
  { id, reason, permit, hadCompany }: Pick<Run, 'id' | 'reason' | 'permit' | 'hadCompany'>,
): Run {
  const rows = members.reduce((sum, item) => sum + item.rows, 0);
  return {
    id,
    // Named, not spread: V8 moves objects made by a spread to the old generation, where only a full collection frees them.
    members,
    rows,
    reason,
    permit,
    hadCompany,
    emissions: [],
    startedAt: 0,
    finishedAt: 0,
    timeout: undefined,
    overdue: false,
    idle: false,
  };
}

/** Writes down where the time of a stream went that ends before its batch does. */
export function recordStreamTiming(item: Pending, run: Run, now: number): void {
  const { timing } = item.call;
  // The end of the batch ahead of it may have come with the same read and be handled after this.
  timing.startedAt = run.startedAt === 0 ? now : run.startedAt;
  timing.finishedAt = now;
  timing.computeInferMs = now - timing.startedAt;
  timing.batchRows = run.rows;
  timing.batchReason = run.reason;
}

/** The same of a member whose caller has left, where its batch has begun: that has been computed, whoever waits for it. */
export function recordLeaver(item: Pending, slots: readonly Slot[], now: number): void {
  for (const { runs } of slots) {
    const run = runs.find(({ startedAt, members }) => startedAt > 0 && members.includes(item));
    if (run !== undefined) recordStreamTiming(item, run, now);
  }
}

/** Writes down where the time of a member's batch went. */
export function recordTiming(item: Pending, run: Run, batch: BatchTiming): void {
  const { timing } = item.call;
  timing.startedAt = run.startedAt;
  timing.finishedAt = run.finishedAt;
  timing.computeInputMs = batch.computeInputMs;
  timing.computeInferMs = batch.computeInferMs;
  timing.computeOutputMs = batch.computeOutputMs;
  timing.batchRows = run.rows;
  timing.batchReason = run.reason;
}
