import { statSync } from 'node:fs';
import { MillraceError } from '../../core/index.js';
import { openDatabase } from './database.js';

/** The file is not the one that this process has opened, or not all of it is there. It is kept open, so that its inode is not used again. */
export abstract class StoreHarmed extends MillraceError {}

/** The file is not the one that this process has opened. */
export class StoreReplaced extends StoreHarmed {
  constructor(file: string) {
    const message = `the store '${file}' has been removed or replaced while this server uses it; restart the server`;
    super('unavailable', message);
  }
}

/** Something has cut the file: what would be written into its log now would be lost with the next start. */
class StoreTruncated extends StoreHarmed {
  constructor(file: string) {
    const message = `the store '${file}' has been truncated while this server uses it; stop the server, and put a backup in its place, or move it away to begin with an empty one`;
    super('unavailable', message);
  }
}

/** What a session knows of its file and the log beside it (`-wal`), to notice when other programs harm them. */
export class KnownFile {
  readonly #path: string;
  /** Of the file that was opened first. */
  #identity: string | undefined;
  #sizeBytes = 0;
  #isTruncated = false;
  /** Of the log of this connection. */
  #log: string | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** To be called when a connection has been opened. */
  opened(): void {
    this.#identity = identityOf(this.#path);
    this.#sizeBytes = sizeOf(this.#path);
    this.#log = undefined;
  }

  /** Rejects with StoreHarmed where the file or its log is another one, or lacks its end. */
  async check(): Promise<void> {
    if (this.#identity === undefined) return;
    const file = this.#path;
    if (identityOf(file) !== this.#identity) throw new StoreReplaced(file);
    if (this.#isTruncated) throw new StoreTruncated(file);
    const sizeBytes = sizeOf(file);
    // It grows; what has been vacuumed is smaller, and whole. An empty one makes SQLite drop the log when it is opened.
    if (sizeBytes < this.#sizeBytes) this.#isTruncated = sizeBytes === 0 || !(await isWhole(file));
    if (this.#isTruncated) throw new StoreTruncated(file);
    this.#sizeBytes = sizeBytes;
    // SQLite goes on writing a log that has been removed, which is lost then.
    const log = `${file}-wal`;
    if (this.#log !== undefined && identityOf(log) !== this.#log) throw new StoreReplaced(log);
  }

  /** To be called when the connection has been closed: the last one to close takes the log along. */
  closed(): void {
    this.#log = undefined;
  }

  /** To be called when the connection has been used, which makes the log. */
  used(): void {
    this.#log ??= identityOf(`${this.#path}-wal`);
  }
}

/** Changes when the file is replaced; undefined where it is gone. */
function identityOf(file: string): string | undefined {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats === undefined ? undefined : `${stats.dev}:${stats.ino}`;
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/**
 * Whether all pages are there. A connection of its own has none of them in its memory; to open the file in any other way would give up the
 * locks that this process has on it.
 */
async function isWhole(file: string): Promise<boolean> {
  const database = await openDatabase(file);
  try {
    const rows = database.prepare('pragma quick_check(1)').all([]) as readonly { readonly quick_check: string }[];
    return rows[0]?.quick_check === 'ok';
  } catch {
    return false;
  } finally {
    database.close();
  }
}
