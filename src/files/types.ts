import type { CallContext } from '../core/index.js';
import type { FileRecord, UploadRecord } from '../store/index.js';

/** A file as its owner sees it. All times are milliseconds since the Unix epoch. */
export type FileInfo = Pick<FileRecord, 'id' | 'purpose' | 'name' | 'sizeBytes' | 'createdAtMs' | 'expiresAtMs'>;

/** An upload in parts as its owner sees it. */
export interface UploadInfo
  extends Pick<UploadRecord, 'id' | 'purpose' | 'name' | 'sizeBytes' | 'createdAtMs' | 'expiresAtMs' | 'state'> {
  /** Once it is completed. */
  readonly file: FileInfo | undefined;
}

export interface IncomingPart {
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Called once all bytes are there; rejects where the request is wrong. */
  readonly check: () => Promise<void>;
}

export interface PartInfo {
  readonly id: string;
  readonly upload: string;
  readonly createdAtMs: number;
}

/** What a caller says of a file. */
export interface FileDetails {
  readonly purpose: string;
  readonly name: string;
  /** From now on. Default and at most: `files.keepMs`. */
  readonly keepMs?: number | undefined;
}

export interface UploadDetails extends FileDetails {
  readonly sizeBytes: number;
  readonly mediaType: string;
}

export interface CompletedParts {
  /** In the order of their bytes. */
  readonly parts: readonly string[];
  /** Of all bytes, in hexadecimal; undefined = not checked. */
  readonly md5: string | undefined;
}

export interface FileListing {
  /** undefined = any. */
  readonly purpose?: string | undefined;
  readonly newestFirst: boolean;
  /** Id of the file behind which the page begins. */
  readonly after?: string | undefined;
  /** At most 1,000 files are in a page. */
  readonly limit: number;
}

export interface FilePageInfo {
  readonly files: readonly FileInfo[];
  readonly hasMore: boolean;
}

export interface FileContent {
  readonly info: FileInfo;
  /** From the first byte on. */
  read(): AsyncIterable<Uint8Array>;
}

/** For metrics. */
export interface FileGauges {
  readonly files: number;
  /** Of files, of parts of uploads, and of what arrives. */
  readonly bytes: number;
}

/**
 * Files of callers. A file belongs to the owner of the principal that has created it; for all others it does not exist. Needs the right
 * `model.infer` on anything. All reject with MillraceError: `not_found` (`UnknownFile`) for unknown ids, `resource_exhausted` where the caller's
 * share is used up, `unavailable` where the disk is full.
 */
export interface FileUseCases {
  /** Whether callers can have files here. */
  readonly enabled: boolean;
  /**
   * Stores a file; resolves once it is durable. `details` is asked for once all bytes are there. Where something fails, nothing is left. Rejects with
   * `FileTooLarge` for more than `files.maxFileBytes`.
   */
  create(call: CallContext, bytes: AsyncIterable<Uint8Array>, details: () => Promise<FileDetails>): Promise<FileInfo>;
  get(call: CallContext, id: string): Promise<FileInfo>;
  list(call: CallContext, listing: FileListing): Promise<FilePageInfo>;
  content(call: CallContext, id: string): Promise<FileContent>;
  /** Removes a file with its content. `failed_precondition` while a batch reads it. */
  remove(call: CallContext, id: string): Promise<void>;
  createUpload(call: CallContext, details: UploadDetails): Promise<UploadInfo>;
  /** Stores the next bytes; resolves once they are durable. `failed_precondition` where the upload has ended, or would be larger than it was said to be. */
  addPart(call: CallContext, upload: string, part: IncomingPart): Promise<PartInfo>;
  /** Makes the file. `invalid_argument` where the bytes are not those that were announced. */
  completeUpload(call: CallContext, upload: string, completed: CompletedParts): Promise<UploadInfo>;
  cancelUpload(call: CallContext, upload: string): Promise<UploadInfo>;
}
