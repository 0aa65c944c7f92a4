import { RepeatedWork } from '../async/index.js';
import { type Clock, type EventBus, warnOfFailure } from '../core/index.js';
import type { ChangedJob, ChangedJobs, JobRecords } from '../store/index.js';
import { EXPIRED } from './machine.js';

const INTERVAL_MS = 5_000;

interface HousekeepingSetup {
  readonly records: Pick<JobRecords, 'expire' | 'prune'>;
  readonly clock: Clock;
  readonly events: EventBus;
  /** Jobs that were queued have expired. */
  readonly onExpired: (jobs: readonly ChangedJob[]) => void;
  readonly onRemoved: (jobs: readonly ChangedJob[]) => void;
  /** Called each time: clocks may have been set, and answers of the store been lost. */
  readonly onTick: () => Promise<void>;
}

/** Ends queued jobs whose deadline has passed, and removes those whose time is over. */
export function createHousekeeping({ clock, events, ...parts }: HousekeepingSetup): RepeatedWork {
  const { records, onExpired, onRemoved, onTick } = parts;
  return new RepeatedWork({
    clock,
    intervalMs: INTERVAL_MS,
    async work(isClosed) {
      const eachPage = async (page: () => Promise<ChangedJobs>, take: (jobs: readonly ChangedJob[]) => void) => {
        for (let hasMore = true; hasMore && !isClosed(); ) {
          const next = await page();
          take(next.jobs);
          hasMore = next.hasMore;
        }
      };
      await onTick();
      await eachPage(() => records.expire(clock.wallNow(), EXPIRED), onExpired);
      await eachPage(() => records.prune(clock.wallNow()), onRemoved);
    },
    onFailure: (error) => warnOfFailure(events, { room: 'jobs', what: 'old jobs could not be removed' }, error),
  });
}
