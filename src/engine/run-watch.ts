import { type Clock, type Message, MillraceError, msg } from '../core/index.js';
import type { Run, Slot } from './instance-pool.js';

export interface RunWatchOptions {
  /** The model, for messages. */
  readonly mention: Message;
  /** See {@link RunLimit.timeoutMs}. */
  readonly timeoutMs: number;
  readonly decoupled: boolean;
  readonly clock: Clock;
  /** Its streams have to end, but not its instance, which serves others. */
  readonly onIdle: (error: MillraceError) => void;
}

/**
 * Ends what hangs of a run that its instance has begun, until `run.timeout` is cleared: the streams of the run while others of
 * the same instance have answers, else the instance. So has the instance to end that does not let go of such streams.
 */
export function watchRun(run: Run, slot: Slot, options: RunWatchOptions): void {
  const { instance } = slot;
  const { mention, timeoutMs, decoupled, clock, onIdle } = options;
  const lookIn = (delayMs: number): void => {
    run.timeout = clock.setTimer(delayMs, () => {
      const now = clock.now();
      const againMs = hangsInMs(run, { timeoutMs, now, lastLoadAt: instance?.lastLoadAt });
      if (againMs > 0) {
        lookIn(againMs);
        return;
      }
      if (decoupled && !run.idle && answersOthers(slot.runs, run, now - timeoutMs)) {
        run.idle = true;
        lookIn(timeoutMs);
        onIdle(new MillraceError('unavailable', msg`${mention} gave no answer for ${timeoutMs} ms`));
        return;
      }
      run.overdue = true;
      const what = decoupled ? 'gave no answer for' : 'ran longer than';
      instance?.kill(msg`a batch of ${mention} ${what} ${timeoutMs} ms`);
    });
  };
  lookIn(timeoutMs);
}

/** Whether the instance has answered, later than `since`, streams of other runs than this one. */
function answersOthers(runs: readonly Run[], run: Run, since: number): boolean {
  return runs.some((other) => other !== run && other.members.some(({ lastAnswerAt }) => lastAnswerAt > since));
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
