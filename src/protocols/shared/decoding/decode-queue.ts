import { type FairItem, FairList, MillraceError } from '../../../core/index.js';

/** Most requests of one principal that wait to be decoded; `server.maxBufferedBytes` bounds their bytes. */
export const MAX_WAITING = 1_024;
const RETRY_AFTER_MS = 1_000;

/** A request that waits to be decoded. */
export interface QueuedJob<Job> extends FairItem<QueuedJob<Job>> {
  readonly job: Job;
  isWaiting: boolean;
}

export interface NewJob<Job> {
  readonly job: Job;
  /** On whose account. */
  readonly principal: string;
  /** Bytes that are to be decoded. */
  readonly sizeBytes: number;
}

/** The requests that wait for the decoding thread: principals take turns, and each gets as many bytes decoded as the others that wait. */
export class DecodeQueue<Job> {
  readonly #list = new FairList<QueuedJob<Job>>();
  #lastId = 0;

  /** Throws `resource_exhausted` if too many requests of this principal wait; others are still accepted. */
  add({ job, principal, sizeBytes }: NewJob<Job>): QueuedJob<Job> {
    if (this.#list.sizeOf(principal) >= MAX_WAITING) {
      throw new MillraceError(
        'resource_exhausted',
        `${MAX_WAITING} large requests of this caller wait to be decoded; try again later`,
        { retryAfterMs: RETRY_AFTER_MS },
      );
    }
    const item: QueuedJob<Job> = {
      job,
      isWaiting: true,
      callId: ++this.#lastId,
      tenant: principal,
      weight: 1,
      charge: Math.max(1, sizeBytes),
      before: undefined,
      behind: undefined,
    };
    this.#list.append(item);
    return item;
  }

  /** Removes a request whose caller has left; does nothing if it does not wait any more. */
  remove(item: QueuedJob<Job>): void {
    if (!item.isWaiting) return;
    item.isWaiting = false;
    this.#list.remove(item, false);
  }

  /** Takes out the one whose turn it is. */
  next(): Job | undefined {
    const items: QueuedJob<Job>[] = [];
    this.#list.take(items, 1);
    const [item] = items;
    if (item === undefined) return undefined;
    item.isWaiting = false;
    this.#list.remove(item, true);
    return item.job;
  }
}
