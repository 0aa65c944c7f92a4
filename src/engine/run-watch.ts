import type { Run } from './instance-pool.js';

export interface RunLimit {
  /** Longest time without a sign of life; for models of one answer, the longest run. */
  readonly timeoutMs: number;
  /** Clock time. */
  readonly now: number;
  /** When its process was last busy with loading a model. Default: never. */
  readonly lastLoadAt: number | undefined;
}

/**
 * Milliseconds after which a run has to be looked at again; 0 or less = it hangs. Answers, and grants of its readers, are
 * signs of life. While it waits for a reader or for another model the time does not count: the call's deadline ends that. Nor does it
 * while its process loads a model, which has a time-out of its own.
 */
export function hangsInMs(run: Run, { timeoutMs, now, lastLoadAt = 0 }: RunLimit): number {
  let lastSignAt = Math.max(run.startedAt, lastLoadAt);
  for (const { ended, credit, awaitedCalls, lastSignAt: at } of run.members) {
    if (!ended && (credit <= 0 || awaitedCalls > 0)) return timeoutMs;
    if (at > lastSignAt) lastSignAt = at;
  }
  return lastSignAt + timeoutMs - now;
}
