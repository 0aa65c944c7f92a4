import type { JobRecord, JobRecords, JobTransition } from '../store/index.js';

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

/** A claim is answered long before. */
const LOST_AFTER_MS = 120_000;

/** Jobs that run without an attempt: the answer of their claim was lost. At most 1,000. */
export async function lostJobs(
  records: Pick<JobRecords, 'running'>,
  worker: { has(id: string): boolean },
  nowMs: number,
): Promise<readonly JobRecord[]> {
  const running = await records.running(0, PAGE);
  return running.filter(({ id, startedAtMs = 0 }) => !worker.has(id) && startedAtMs < nowMs - LOST_AFTER_MS);
}
