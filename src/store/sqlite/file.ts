import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import path from 'node:path';
import { type Database, openDatabase } from './database.js';

/** How long a statement waits for another process, in milliseconds. */
const BUSY_TIMEOUT_MS = 5_000;
const PAGE_BYTES = 4_096;

export interface FileSetup {
  /** Absolute. */
  readonly path: string;
  readonly maxSizeBytes: number;
}

/**
 * Opens a connection to the file, which is created where there is none: readable by its owner alone, as is its folder. Deleted content is
 * overwritten with zeros.
 */
export async function openFile({ path: file, maxSizeBytes }: FileSetup): Promise<Database> {
  createFile(file);
  const db = await openDatabase(file, BUSY_TIMEOUT_MS);
  try {
    db.exec(`
      pragma journal_mode = wal;
      pragma synchronous = full;
      pragma foreign_keys = on;
      pragma secure_delete = on;
      pragma max_page_count = ${Math.ceil(maxSizeBytes / PAGE_BYTES)};
    `);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Creates a file that is missing. Never opens an existing one: closing it would release the locks that this process has on it. */
export function createFile(file: string): void {
  if (existsSync(file)) return;
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  closeSync(openSync(file, 'wx', 0o600));
}
