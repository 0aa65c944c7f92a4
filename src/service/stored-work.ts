import {
  Batches,
  type BatchesOptions,
  type BatchGauges,
  type BatchUseCasesSetup,
  createBatchUseCases,
} from '../batches/index.js';
import { createFileUseCases, type FileGauges, Files, type FilesOptions } from '../files/index.js';
import type { Audited } from '../governance/index.js';
import { createJobUseCases, type JobGauges, Jobs, type JobsSetup } from '../jobs/index.js';
import type { Store } from '../store/index.js';
import type { Service } from './types.js';

export interface StoredWorkSetup extends Omit<JobsSetup, keyof JobsParts | 'store'> {
  readonly store: Store;
  readonly jobs: JobsParts;
  readonly files: FilesOptions;
  readonly batches: { readonly options: BatchesOptions } & Pick<BatchUseCasesSetup, 'isInference' | 'objects'>;
}

type JobsParts = Pick<JobsSetup, 'options' | 'answer' | 'weightOf' | 'objects'>;

/** Work that outlives its callers, and what it reads and writes. */
export interface StoredWork {
  readonly useCases: Pick<Service, 'jobs' | 'files' | 'batches'>;
  readonly gauges: {
    readonly jobs: () => JobGauges;
    readonly files: () => FileGauges;
    readonly batches: () => BatchGauges;
  };
  /** Goes on with the work of the store. Never rejects. */
  start(): void;
  /** Starts nothing more. */
  stop(): void;
  /** Ends what runs, to run again when the server is back. */
  close(): Promise<void>;
}

export function openStoredWork(setup: StoredWorkSetup, audited: Audited): StoredWork {
  const { store, clock } = setup;
  const jobs = new Jobs({ ...setup, ...setup.jobs });
  const files = new Files({ ...setup, options: setup.files });
  const { answer, options: policy, weightOf } = setup.jobs;
  const { paused } = jobs;
  const batches = new Batches({ ...setup, ...setup.batches, files, answer, policy, paused, weightOf });
  return {
    useCases: {
      jobs: createJobUseCases({ jobs, records: store.jobs, clock, audited }),
      files: createFileUseCases({ files, clock }),
      batches: createBatchUseCases({ ...setup.batches, batches, files, clock, audited }),
    },
    gauges: { jobs: () => jobs.gauges(), files: () => files.gauges(), batches: () => batches.gauges() },
    start() {
      void jobs.start();
      void files.start();
      void batches.start();
    },
    stop() {
      jobs.stop();
      batches.stop();
    },
    async close() {
      await jobs.close();
      await batches.close();
      await files.close();
    },
  };
}
