import type { BatchRecord, BatchRecords, NumberedBatch } from '../batches.js';
import type {
  FilePage,
  FileRecord,
  FileRecords,
  FileRemoval,
  NewFile,
  PrunedFiles,
  ReleasedBytes,
  UploadRecords,
} from '../files.js';
import { readBatch } from './batches.js';
import { ContentFiles } from './content-files.js';
import type { RemovedContents } from './files.js';
import { folderBeside } from './folders.js';
import { LogTruncation } from './log-truncation.js';
import type { Reader } from './reader.js';
import type { StoreThread } from './store-thread.js';

/** Contents that one request of {@link SqliteFiles.sweep} checks. */
const SWEPT = 1_000;
const NOTHING_REMOVED: RemovedContents = { released: [], contents: [], hasMore: false };

export interface SqliteFilesSetup {
  /** Absolute path of the store. */
  readonly file: string;
  readonly thread: StoreThread;
  readonly read: Reader;
}

/** Files in the tables, and their contents in a folder. */
export class SqliteFiles implements FileRecords {
  readonly contents: ContentFiles;
  readonly uploads: UploadRecords;
  readonly #thread: StoreThread;
  readonly #read: Reader;
  readonly #log: LogTruncation;

  constructor({ file, thread, read }: SqliteFilesSetup) {
    this.#thread = thread;
    this.#read = read;
    this.#log = new LogTruncation(read);
    this.contents = new ContentFiles({
      folder: folderBeside(file, 'files'),
      store: file,
      own: () => thread.request('own', undefined),
    });
    this.uploads = this.#uploads();
  }

  add(file: NewFile): Promise<void> {
    return this.#thread.request('addFile', file);
  }

  get(id: string): Promise<FileRecord | undefined> {
    return this.#read('getFile', id, undefined);
  }

  list(page: FilePage): Promise<readonly FileRecord[]> {
    return this.#read('listFiles', page, []);
  }

  async remove(id: string): Promise<FileRemoval> {
    const { removal, contents } = await this.#read('removeFile', id, { removal: { kind: 'missing' }, contents: [] });
    if (removal.kind !== 'removed') return removal;
    this.#log.due();
    await this.contents.discard(contents);
    await this.#log.truncate();
    return removal;
  }

  async prune(nowMs: number): Promise<PrunedFiles> {
    return this.#pruned(await this.#read('pruneFiles', nowMs, NOTHING_REMOVED));
  }

  totals(): Promise<readonly ReleasedBytes[]> {
    return this.#read('fileTotals', undefined, []);
  }

  async sweep(): Promise<void> {
    const names = await this.contents.names();
    for (let at = 0; at < names.length; at += SWEPT) {
      await this.contents.discard(await this.#read('unusedContents', names.slice(at, at + SWEPT), []));
    }
  }

  #uploads(): UploadRecords {
    const ended = async (removed: Pick<RemovedContents, 'contents'> | undefined) => {
      await this.#discard(removed?.contents ?? []);
      return removed !== undefined;
    };
    return {
      create: (upload) => this.#thread.request('createUpload', upload),
      get: (id) => this.#read('getUpload', id, undefined),
      addPart: (part, maxParts) => this.#thread.request('addUploadPart', { part, maxParts }),
      parts: (upload) => this.#read('uploadParts', upload, []),
      complete: async (id, file) => ended(await this.#thread.request('completeUpload', { id, file })),
      cancel: async (id) => ended(await this.#thread.request('cancelUpload', id)),
      prune: async (nowMs) => this.#pruned(await this.#read('pruneUploads', nowMs, NOTHING_REMOVED)),
    };
  }

  async #pruned({ released, contents, hasMore }: RemovedContents): Promise<PrunedFiles> {
    if (contents.length > 0) this.#log.due();
    await this.#discard(contents);
    if (!hasMore) await this.#log.tryToTruncate();
    return { released, hasMore };
  }

  /** Removes contents where that is possible; otherwise {@link sweep} removes them. */
  async #discard(contents: readonly string[]): Promise<void> {
    await this.contents.discard(contents).catch(() => undefined);
  }
}

/** Batches in the tables. */
export function batchesIn(thread: StoreThread, read: Reader): BatchRecords {
  const log = new LogTruncation(read);
  return {
    add: (batch) => thread.request('addBatch', batch),
    async get(id): Promise<NumberedBatch | undefined> {
      const row = await read('getBatch', id, undefined);
      return row && readBatch(row);
    },
    list: async (owner, page) => (await read('listBatches', { owner, ...page }, [])).map(readBatch),
    open: async () => (await read('openBatches', undefined, [])).map(readBatch),
    put: (batch: BatchRecord, files = []) => thread.request('putBatch', { batch, files }),
    async prune(nowMs) {
      const { removed, hasMore } = await read('pruneBatches', nowMs, { removed: 0, hasMore: false });
      if (removed > 0) log.due();
      if (!hasMore) await log.tryToTruncate();
      return hasMore;
    },
  };
}
