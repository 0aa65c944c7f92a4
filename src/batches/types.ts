import type { CallContext } from '../core/index.js';
import type { BatchCounts, BatchRecord } from '../store/index.js';

/** A batch as its owner sees it. All times are milliseconds since the Unix epoch. */
export interface BatchInfo
  extends Pick<
    BatchRecord,
    | 'id'
    | 'principal'
    | 'endpoint'
    | 'window'
    | 'inputFile'
    | 'metadata'
    | 'createdAtMs'
    | 'expiresAtMs'
    | 'state'
    | 'times'
    | 'problems'
    | 'outputFile'
    | 'errorFile'
  > {
  /** As of now, also while it runs. */
  readonly counts: BatchCounts;
  readonly usage: BatchRecord['checkpoint']['usage'];
  /** Why it does not go on; undefined = it does, or waits for its turn. */
  readonly trouble: string | undefined;
}

/** What a caller asks for. */
export interface NewBatch {
  /** Id of a file of the purpose `batch`, or URL of an object, or with a slash at its end of the objects below it, or `https:` URL of a file. */
  readonly inputFile: string;
  /** Path of an inference route, and URL of each line. */
  readonly endpoint: string;
  /** A duration such as `24h`. */
  readonly window: string;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** URL with a slash at its end, below which results are written as objects. Default: as files. */
  readonly outputPrefix?: string | undefined;
  /** How long the files that it writes are kept. Default and at most: `files.keepMs`. */
  readonly outputKeepMs?: number | undefined;
}

/** Newest first. */
export interface BatchListing {
  /** Id of the batch behind which the page begins. */
  readonly after: string | undefined;
  readonly limit: number;
  /** Of all callers, which needs the right `job.read` on everything. Default: the caller's own. */
  readonly everyones?: boolean;
}

export interface BatchPage {
  readonly batches: readonly BatchInfo[];
  readonly hasMore: boolean;
}

/** Models of which no request starts until an operator resumes them. */
export interface PausedModels {
  has(model: string): boolean;
  /** Reads them from the store. Rejects where it cannot be read. */
  reload(): Promise<void>;
  /** Called after each change. */
  onChanged(listener: () => void): void;
  /** `count`: of the batches that wait for a model to be resumed. */
  countHeldBy(count: (model: string) => number): void;
}

/** For metrics. */
export interface BatchGauges {
  /** Batches that wait for their turn. */
  readonly waiting: number;
  readonly running: number;
  /** Requests of batches that have not ended. */
  readonly lines: number;
  /** Age of the oldest batch that has not ended; 0 = there is none. */
  readonly oldestMs: number;
}

/**
 * Batches: requests of an uploaded file, which run on the account of their owner and are answered into files. A batch belongs to the owner of the
 * principal that has created it; others see it with the right `job.read` on everything, and cancel it with `job.change`, and for all else it does not
 * exist. Needs the right `model.infer` or `job.read` on anything, and `model.infer` to create. All reject with MillraceError: `not_found` for unknown ids, `invalid_argument` for what cannot be, `resource_exhausted` for a caller with too many batches.
 */
export interface BatchUseCases {
  create(call: CallContext, batch: NewBatch): Promise<BatchInfo>;
  get(call: CallContext, id: string): Promise<BatchInfo>;
  list(call: CallContext, listing: BatchListing): Promise<BatchPage>;
  /** Ends it: what was answered becomes files. `failed_precondition` where it has ended, or is about to. */
  cancel(call: CallContext, id: string): Promise<BatchInfo>;
}
