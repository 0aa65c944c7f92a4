/**
 * Runs `work` once at a time. Calls that arrive while it runs share one further run, as it may have read already what has changed since; so
 * at most one waits.
 */
export function sharingNext<Result>(work: () => Promise<Result>): () => Promise<Result> {
  let last: Promise<unknown> = Promise.resolve();
  let waiting: Promise<Result> | undefined;
  return () => {
    if (waiting !== undefined) return waiting;
    const next = last.then(() => {
      waiting = undefined;
      return work();
    });
    waiting = next;
    last = next.catch(() => undefined);
    return next;
  };
}
