import type { CallContext } from '../core/index.js';
import type { BatchCounts, BatchRecord } from '../store/index.js';

/** A batch as its owner sees it. All times are milliseconds since the Unix epoch. */
export interface BatchInfo
  extends Pick<
    BatchRecord,
    | 'id'
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
  /** Id of a file of the purpose `batch`, or URL of an object, or with a slash at its end of the objects below it. */
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

export interface BatchPage {
  readonly batches: readonly BatchInfo[];
  readonly hasMore: boolean;
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
 * principal that has created it; for all others it does not exist. Needs the right `model.infer` on anything. All reject with MillraceError:
 * `not_found` for unknown ids, `invalid_argument` for what cannot be, `resource_exhausted` for a caller with too many batches.
 */
export interface BatchUseCases {
  create(call: CallContext, batch: NewBatch): Promise<BatchInfo>;
  get(call: CallContext, id: string): Promise<BatchInfo>;
  /** Newest first, from behind the batch `after` on. */
  list(call: CallContext, page: { readonly after: string | undefined; readonly limit: number }): Promise<BatchPage>;
  /** Ends it: what was answered becomes files. `failed_precondition` where it has ended, or is about to. */
  cancel(call: CallContext, id: string): Promise<BatchInfo>;
}
