import type { JobRecord, JobRecords, JobTransition, LaneTotals } from '../store/index.js';
import type { Lanes } from './lanes.js';
import { LARGE_BYTES } from './worker.js';

const PAGE = 1_000;

interface Recovery {
  readonly decide: (record: JobRecord) => JobTransition | undefined;
  /** Called for jobs that fail by that; nothing waits for it. */
  readonly failing: (record: JobRecord, transition: JobTransition) => Promise<void>;
}

/** Applies the transition of each job that ran when the server before this one ended. */
export async function recoverInterrupted(
  records: Pick<JobRecords, 'running' | 'change'>,
  { decide, failing }: Recovery,
): Promise<void> {
  for (let after = 0; ; ) {
    const interrupted = await records.running(after, PAGE);
    const transitions = interrupted.map((record) => {
      const transition = decide(record);
      if (transition !== undefined) void failing(record, transition);
      return transition;
    });
    await Promise.all(transitions.map((transition) => transition && records.change(transition)));
    const last = interrupted.at(-1);
    if (last === undefined) return;
    after = last.number;
  }
}

/** Queues what the store has and the lanes do not. */
export function addStored(lanes: Lanes, stored: readonly LaneTotals[]): void {
  for (const { queued, oldestAtMs, hasFiles, ...lane } of stored) {
    lanes.atLeast(lane, { queued, oldestAtMs, isDue: true, bytes: hasFiles ? LARGE_BYTES + 1 : 0 });
  }
}
