/** Runs work one after the other, in the order of the calls. */
export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve();
  #size = 0;

  /** Work that is not over. */
  get size(): number {
    return this.#size;
  }

  /** Resolves with the result of the work, or rejects as it does; work that fails does not keep the next from running. */
  run<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#size++;
    const turn = this.#last.then(work).finally(() => this.#size--);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /** Resolves when the work that has come so far is over. Never rejects. */
  async idle(): Promise<void> {
    await this.#last;
  }
}

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
