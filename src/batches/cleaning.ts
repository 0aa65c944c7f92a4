import type { Clock, Timer } from '../core/index.js';
import type { BatchRecords } from '../store/index.js';

const INTERVAL_MS = 60_000;

interface CleaningSetup {
  readonly records: Pick<BatchRecords, 'prune'>;
  readonly clock: Clock;
  readonly onFailure: (error: unknown) => void;
}

/** Removes batches whose time is over. */
export class Cleaning {
  readonly #setup: CleaningSetup;
  #timer: Timer | undefined;
  #cleaning: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(setup: CleaningSetup) {
    this.#setup = setup;
  }

  start(): void {
    if (this.#isClosed) return;
    this.#timer = this.#setup.clock.setTimer(INTERVAL_MS, () => {
      this.#cleaning = this.#clean()
        .catch(this.#setup.onFailure)
        .finally(() => this.start());
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.clear();
    await this.#cleaning;
  }

  async #clean(): Promise<void> {
    const { records, clock } = this.#setup;
    for (let hasMore = true; hasMore && !this.#isClosed; ) hasMore = await records.prune(clock.wallNow());
  }
}
