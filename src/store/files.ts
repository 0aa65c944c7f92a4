/** What is known of a file from the start. All times are milliseconds since the Unix epoch. */
export interface NewFile {
  readonly id: string;
  /** {@link Principal.ownerId}. */
  readonly owner: string;
  /** Name of the principal. */
  readonly principal: string;
  readonly purpose: string;
  /** As its owner calls it. */
  readonly name: string;
  readonly sizeBytes: number;
  /** Name of its content in {@link FileContents}. */
  readonly content: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
}

export interface FileRecord extends NewFile {
  /** Grows with each file. */
  readonly number: number;
}

/** A page of the files of an owner. */
export interface FilePage {
  readonly owner: string;
  /** undefined = any. */
  readonly purpose: string | undefined;
  readonly newestFirst: boolean;
  /** The page begins behind the file with this number; undefined = at the first one. */
  readonly after: number | undefined;
  readonly limit: number;
}

/** Bytes that were released. */
export interface ReleasedBytes {
  readonly owner: string;
  /** Number of files. */
  readonly files: number;
  readonly bytes: number;
}

/** `inUse`: an open batch reads the file. */
export type FileRemoval =
  | { readonly kind: 'removed' }
  | { readonly kind: 'missing' }
  | { readonly kind: 'inUse'; readonly batch: string };

/** Removals of one step; `hasMore` = there are others. */
export interface PrunedFiles {
  readonly released: readonly ReleasedBytes[];
  readonly hasMore: boolean;
}

export type UploadState = 'pending' | 'completed' | 'cancelled' | 'expired';

/** A file that arrives in parts. */
export interface NewUpload extends Omit<NewFile, 'content' | 'expiresAtMs'> {
  /** As its owner calls it; `''` = not given. */
  readonly mediaType: string;
  /** How long the file is kept. */
  readonly keepMs: number;
  /** Of the upload, not of its file. */
  readonly expiresAtMs: number;
}

export interface UploadRecord extends NewUpload {
  readonly state: UploadState;
}

export interface UploadPart {
  readonly id: string;
  /** Id of its upload. */
  readonly upload: string;
  readonly owner: string;
  readonly sizeBytes: number;
  readonly content: string;
  readonly createdAtMs: number;
}

/** Files that arrive in parts. */
export interface UploadRecords {
  create(upload: NewUpload): Promise<void>;
  get(id: string): Promise<UploadRecord | undefined>;
  /** At most `maxParts` of an upload. `closed`: the upload has ended. */
  addPart(part: UploadPart, maxParts: number): Promise<'added' | 'full' | 'closed'>;
  parts(upload: string): Promise<readonly UploadPart[]>;
  /** Makes the file of a pending upload, and removes the parts. False = the upload has ended. */
  complete(id: string, file: NewFile): Promise<boolean>;
  /** Ends a pending upload, and removes its parts. False = it has ended. */
  cancel(id: string): Promise<boolean>;
  /** Removes uploads whose time is over, with their parts. */
  prune(nowMs: number): Promise<PrunedFiles>;
}

/** Content that is being written. Rejections are of the code `unavailable`, with what to do. */
export interface ContentWriter {
  readonly name: string;
  /** Bytes written. */
  readonly sizeBytes: number;
  write(bytes: Uint8Array): Promise<void>;
  /** Resolves once all that was written is on the disk. */
  sync(): Promise<void>;
  /** Ends writing. */
  close(): Promise<void>;
}

/**
 * Contents of files, in a folder beside the store. A content that no row names is removed when the server starts, so that a row is written
 * only once its content is on the disk. Only the process that owns the store may write.
 */
export interface FileContents {
  /** A new, empty content. */
  create(): Promise<ContentWriter>;
  /** Continues a content after its first `sizeBytes`; what is behind them is dropped. Rejects with `internal` where it has fewer. */
  resume(name: string, sizeBytes: number): Promise<ContentWriter>;
  /** Chunks from a byte on. Rejects with `internal` where the content is missing. */
  read(name: string, fromByte?: number): AsyncIterable<Uint8Array>;
  /** Removes contents that no row names. */
  discard(names: readonly string[]): Promise<void>;
  /** Left on the disk for this user; undefined = there is no folder yet. */
  freeBytes(): Promise<number | undefined>;
}

/** Files of principals: rows, and contents. */
export interface FileRecords {
  readonly contents: FileContents;
  readonly uploads: UploadRecords;
  add(file: NewFile): Promise<void>;
  get(id: string): Promise<FileRecord | undefined>;
  list(page: FilePage): Promise<readonly FileRecord[]>;
  /** Removes a file with its content, and what the store's log has of it. */
  remove(id: string): Promise<FileRemoval>;
  /** Removes files whose time is over and that no open batch reads. */
  prune(nowMs: number): Promise<PrunedFiles>;
  /** What each owner has stored: files, and parts of uploads, which count as bytes. */
  totals(): Promise<readonly ReleasedBytes[]>;
  /** Removes contents that no row names. To be called before any is written. */
  sweep(): Promise<void>;
}
