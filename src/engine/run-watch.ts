import type { Clock } from '../core/index.js';
import type { Instance } from '../runtimes/index.js';
import type { Run } from './instance-pool.js';

export interface RunWatchOptions {
  /** `mlp/3`, for messages. */
  readonly label: string;
  /** See {@link RunLimit.timeoutMs}. */
  readonly timeoutMs: number;
  readonly decoupled: boolean;
  readonly clock: Clock;
}

/** Kills the instance once a run that it has begun hangs, until `run.timeout` is cleared. */
export function watchRun(run: Run, instance: Instance | undefined, options: RunWatchOptions): void {
  const { label, timeoutMs, decoupled, clock } = options;
  const lookIn = (delayMs: number): void => {
    run.timeout = clock.setTimer(delayMs, () => {
      const againMs = hangsInMs(run, { timeoutMs, now: clock.now(), lastLoadAt: instance?.lastLoadAt });
      if (againMs > 0) {
        lookIn(againMs);
        return;
      }
      run.overdue = true;
      const what = decoupled ? 'gave no answer for' : 'ran longer than';
      instance?.kill(`a batch of model '${label}' ${what} ${timeoutMs} ms`);
    });
  };
  lookIn(timeoutMs);
}

export interface RunLimit {
  /** Longest time without a sign of life; for models of one answer, the longest run. */
  readonly timeoutMs: number;
  /** Clock time. */
  readonly now: number;
  /** When its process was last busy with loading a model. Default: never. */
  readonly lastLoadAt: number | undefined;
}

/**
 * Milliseconds after which a run has to be checked again; 0 or less = it hangs. Answers, and grants of its readers, are
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
