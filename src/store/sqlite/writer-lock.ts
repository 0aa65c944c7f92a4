import { StoreInUse } from '../errors.js';
import type { StoreWriter } from '../types.js';
import { type FileLock, lockFile } from './file-lock.js';

/**
 * Makes this process the only writer of a file, by an exclusive lock on another file beside it. The system releases the lock however the
 * process ends.
 */
export class WriterLock {
  readonly #file: string;
  #lock: FileLock | undefined;
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
    if (this.#lock !== undefined) return;
    this.#lock = await lockFile(`${this.#file}-owner`);
    this.#isInUse = this.#lock === undefined;
    if (!this.#isInUse) return;
    throw new StoreInUse(
      `the store '${this.#file}' is used by another server, and one alone may write it; stop that, or set 'store.path' to another file`,
    );
  }

  release(): void {
    this.#lock?.release();
    this.#lock = undefined;
  }
}
