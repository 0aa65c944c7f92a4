import type { Clock } from '../core/index.js';
import type { JobRecord, JobRecords } from '../store/index.js';
import type { Lanes } from './lanes.js';
import { addStored } from './recover.js';

/** A claim is answered long before. */
const LOST_AFTER_MS = 120_000;
/** Running jobs that are looked at in one run. */
const MAX_RUNNING = 1_000;

export interface RepairSetup {
  readonly records: Pick<JobRecords, 'running' | 'totals'>;
  readonly lanes: Lanes;
  readonly worker: { has(id: string): boolean };
  readonly clock: Clock;
  /** Ends an attempt that nothing runs, without counting it. */
  readonly requeue: (job: JobRecord) => Promise<unknown>;
}

/** Finds jobs of which only the store knows: a change was written, and the reply of the store was lost. */
export class Repair {
  readonly #setup: RepairSetup;
  #hasFailed = false;

  constructor(setup: RepairSetup) {
    this.#setup = setup;
  }

  /** A submission has failed: its job may be stored all the same. */
  submissionFailed(): void {
    this.#hasFailed = true;
  }

  async run(): Promise<void> {
    const { records, lanes, worker, clock, requeue } = this.#setup;
    const lostBeforeMs = clock.wallNow() - LOST_AFTER_MS;
    for (const job of await records.running(0, MAX_RUNNING)) {
      if (!worker.has(job.id) && (job.startedAtMs ?? 0) < lostBeforeMs) await requeue(job);
    }
    if (!this.#hasFailed) return;
    this.#hasFailed = false;
    addStored(lanes, (await records.totals()).lanes);
  }
}
