import { SerialQueue } from './serial-queue.js';

/**
 * Runs `work` once at a time. Calls that arrive while it runs share one further run, as it may have read already what has changed since; so
 * at most one waits.
 */
export function sharingNext<Result>(work: () => Promise<Result>): () => Promise<Result> {
  const queue = new SerialQueue();
  let waiting: Promise<Result> | undefined;
  return () => {
    waiting ??= queue.run(() => {
      waiting = undefined;
      return work();
    });
    return waiting;
  };
}
