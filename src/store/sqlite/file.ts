import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import path from 'node:path';
import { MillraceError } from '../../core/index.js';
import { StoreInUse } from '../store-in-use.js';
import { type Database, openDatabase } from './database.js';
import { MIGRATIONS } from './migrations.js';

/** How long a statement waits for another process, in milliseconds. */
const BUSY_TIMEOUT_MS = 5_000;
const PAGE_BYTES = 4_096;

/** Opens a connection to the file, which is made where there is none: readable by its owner alone, as is its folder. */
export async function openFile(file: string, maxSizeBytes: number): Promise<Database> {
  makeFile(file);
  const db = await openDatabase(file, BUSY_TIMEOUT_MS);
  try {
    db.exec(`
      pragma journal_mode = wal;
      pragma synchronous = full;
      pragma foreign_keys = on;
      pragma max_page_count = ${Math.ceil(maxSizeBytes / PAGE_BYTES)};
    `);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * Makes this process the only one that writes the file, until the connection that it returns is closed or the process ends, however it
 * does: the lock is the system's. Throws StoreInUse where there is another.
 */
export async function ownFile(file: string): Promise<Database> {
  const lockFile = `${file}-owner`;
  makeFile(lockFile);
  const lock = await openDatabase(lockFile);
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

/** Number of migrations that the file has had. `unavailable` where a newer millrace has written it. */
export function schemaOf(db: Database, file: string): number {
  const [row] = db.prepare('pragma user_version').all([]) as readonly { readonly user_version: number }[];
  const schema = row?.user_version ?? 0;
  if (schema <= MIGRATIONS.length) return schema;
  const message = `the store '${file}' was written by a newer millrace (schema ${schema}, this one knows ${MIGRATIONS.length}); update millrace, or set 'store.path' to another file`;
  throw new MillraceError('unavailable', message);
}

/** Brings the tables up to date: all of it or nothing. */
export function migrate(db: Database, schema: number): void {
  db.exec('begin immediate');
  try {
    for (const migration of MIGRATIONS.slice(schema)) db.exec(migration);
    db.exec(`pragma user_version = ${MIGRATIONS.length}`);
    db.exec('commit');
  } catch (error) {
    if (db.inTransaction) db.exec('rollback');
    throw error;
  }
}

/** Never opens one that is there: closing it would give up the locks that this process has on it. */
function makeFile(file: string): void {
  if (existsSync(file)) return;
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  closeSync(openSync(file, 'wx', 0o600));
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_BUSY');
}
