import type { ErrorCode } from '../../core/index.js';
import type { EncodedEntry } from '../chain/link.js';

/** What the thread is started with. */
export interface WriterSetup {
  /** Absolute, as are the files. */
  readonly folder: string;
  readonly segmentSizeBytes: number;
  readonly segmentMs: number;
  /** Infinity = for ever. */
  readonly keepMs: number;
  /** Infinity = any number. */
  readonly maxSizeBytes: number;
  /** '' = none are written. */
  readonly checkpointFile: string;
  readonly checkpointIntervalMs: number;
  readonly keyFile: string;
  /** Of millrace. */
  readonly version: string;
}

/** Entries that belong together. */
export interface AppendRequest {
  readonly entries: readonly EncodedEntry[];
  /** They are to be on the disk before this is answered. */
  readonly isDurable: boolean;
}

export interface WriterFault {
  readonly code: ErrorCode;
  readonly message: string;
  /** What the system said. */
  readonly detail: string | undefined;
}
