import { StoreInUse } from '../errors.js';
import type { StoreWriter } from '../types.js';
import { type Database, openDatabase } from './database.js';
import { createFile } from './file.js';

/**
 * Makes this process the only writer of a file, by an exclusive lock on another file beside it. The system releases the lock however the
 * process ends.
 */
export class WriterLock {
  readonly #file: string;
  #lock: Database | undefined;
  /** Another process had the lock at the last attempt. */
  #isInUse = false;

  constructor(file: string) {
    this.#file = file;
  }

  get writer(): StoreWriter {
    if (this.#lock !== undefined) return 'this';
    return this.#isInUse ? 'another' : 'unknown';
  }

  /** Rejects with StoreInUse while another process has the lock. */
  async acquire(): Promise<void> {
    try {
      this.#lock ??= await lockFile(this.#file);
      this.#isInUse = false;
    } catch (error) {
      this.#isInUse = error instanceof StoreInUse;
      throw error;
    }
  }

  release(): void {
    this.#lock?.close();
    this.#lock = undefined;
  }
}

async function lockFile(file: string): Promise<Database> {
  const beside = `${file}-owner`;
  createFile(beside);
  const lock = await openDatabase(beside);
  try {
    lock.exec('begin exclusive');
    return lock;
  } catch (error) {
    lock.close();
    if (!isBusy(error)) throw error;
    const message = `the store '${file}' is used by another server, and one alone may write it; stop that, or set 'store.path' to another file`;
    throw new StoreInUse(message, { cause: error });
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_BUSY');
}
