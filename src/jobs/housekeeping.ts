import { type Clock, type EventBus, type Timer, toMillraceError } from '../core/index.js';
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
export class Housekeeping {
  readonly #setup: HousekeepingSetup;
  #timer: Timer | undefined;
  #cleaning: Promise<void> = Promise.resolve();
  #isFailing = false;
  #isClosed = false;

  constructor(setup: HousekeepingSetup) {
    this.#setup = setup;
  }

  start(): void {
    if (this.#isClosed) return;
    this.#timer = this.#setup.clock.setTimer(INTERVAL_MS, () => {
      this.#cleaning = this.#clean().finally(() => this.start());
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.clear();
    await this.#cleaning;
  }

  async #clean(): Promise<void> {
    const { records, clock, onExpired, onRemoved, onTick } = this.#setup;
    try {
      await onTick();
      await this.#eachPage(() => records.expire(clock.wallNow(), EXPIRED), onExpired);
      await this.#eachPage(() => records.prune(clock.wallNow()), onRemoved);
      this.#isFailing = false;
    } catch (error) {
      this.#warn(error);
    }
  }

  async #eachPage(page: () => Promise<ChangedJobs>, take: (jobs: readonly ChangedJob[]) => void): Promise<void> {
    for (let hasMore = true; hasMore && !this.#isClosed; ) {
      const next = await page();
      take(next.jobs);
      hasMore = next.hasMore;
    }
  }

  #warn(thrown: unknown): void {
    if (this.#isFailing || this.#isClosed) return;
    this.#isFailing = true;
    const error = toMillraceError(thrown);
    const message = `old jobs could not be removed: ${error.message}`;
    this.#setup.events.publish('diagnostic', { level: 'warn', room: 'jobs', message, error });
  }
}
