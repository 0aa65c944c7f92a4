import { closeSync, fsyncSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { MillraceError } from '../../core/index.js';
import type { StoreInfo } from '../types.js';
import { type Kysely, sql } from './kysely.js';
import { MIGRATIONS } from './migrations.js';
import type { Operation } from './operation.js';
import type { Tables } from './tables.js';

/** Writes a copy of all that is committed, at once or not at all. */
export const backup: Operation<{ readonly from: string; readonly to: string }, void> = {
  writes: false,
  anySchema: true,
  async run({ db }, { from, to }) {
    if (statSync(to, { throwIfNoEntry: false }) !== undefined) {
      throw new MillraceError('already_exists', `'${to}' exists; a backup replaces no file`);
    }
    const partial = `${to}.${process.pid}.partial`;
    try {
      const file = openSync(partial, 'w', 0o600);
      try {
        await sql`vacuum into ${partial}`.execute(db);
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      renameSync(partial, to);
    } catch (error) {
      rmSync(partial, { force: true });
      const reason = error instanceof Error ? error.message : String(error);
      throw new MillraceError('failed_precondition', `'${from}' cannot be copied to '${to}': ${reason}`);
    }
  },
};

/** Size, schema, and rows of each table. */
export const info: Operation<{ readonly path: string }, StoreInfo | undefined> = {
  writes: false,
  anySchema: true,
  async run({ db }, { path }) {
    const { rows } = await sql<{ readonly userVersion: number }>`pragma user_version`.execute(db);
    const tables = await sql<{ readonly name: string }>`
      select name from sqlite_master where type = 'table' and name not like 'sqlite%' and name <> 'changes' order by name
    `.execute(db);
    const counts: Record<string, number> = {};
    for (const { name } of tables.rows) counts[name] = await countRows(db, name);
    const schema = rows[0]?.userVersion ?? 0;
    return { path, sizeBytes: statSync(path).size, schema, isCurrent: schema === MIGRATIONS.length, counts };
  },
};

async function countRows(db: Kysely<Tables>, table: string): Promise<number> {
  const { rows } = await sql<{ readonly count: number }>`select count(*) as count from ${sql.table(table)}`.execute(db);
  return rows[0]?.count ?? 0;
}
