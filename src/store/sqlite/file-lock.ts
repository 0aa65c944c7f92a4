import { openDatabase } from './database.js';
import { createFile } from './file.js';

/** An exclusive lock on a file of its own. The system releases it however the process ends. */
export interface FileLock {
  release(): void;
}

/** Locks a file, which is made if need be; undefined while another process has the lock. */
export async function lockFile(file: string): Promise<FileLock | undefined> {
  createFile(file);
  const lock = await openDatabase(file);
  try {
    lock.exec('begin exclusive');
    return { release: () => lock.close() };
  } catch (error) {
    lock.close();
    if (!isBusy(error)) throw error;
    return undefined;
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_BUSY');
}
