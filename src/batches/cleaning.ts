import { RepeatedWork } from '../async/index.js';
import { type Clock, type EventBus, warnOfFailure } from '../core/index.js';
import type { Store } from '../store/index.js';

const CLEANING_MS = 60_000;

interface CleaningSetup {
  readonly store: Pick<Store, 'batches'>;
  readonly clock: Clock;
  readonly events: EventBus;
}

/** Removes batches that were kept long enough, at intervals. */
export function createCleaning({ store, clock, events }: CleaningSetup): RepeatedWork {
  return new RepeatedWork({
    clock,
    intervalMs: CLEANING_MS,
    async work(isClosed) {
      for (let hasMore = true; hasMore && !isClosed(); ) hasMore = await store.batches.prune(clock.wallNow());
    },
    onFailure: (error) => warnOfFailure(events, { room: 'batches', what: 'old batches could not be removed' }, error),
  });
}
