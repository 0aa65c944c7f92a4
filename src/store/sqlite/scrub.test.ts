import path from 'node:path';
import { expect, it } from 'vitest';
import { storeFolder } from '../../../test/support/store.js';
import { type Database, openDatabase } from './database.js';
import { scrubAround } from './scrub.js';
import type { Session } from './session.js';

const GARBAGE = 'left over';
const LEAVES = "select pageno as page from dbstat where name = 't' and pagetype = 'leaf' order by path";

function pageOf(database: Database, page: number): Buffer {
  const rows = database.prepare('select data from sqlite_dbpage where pgno = ?').all([page]);
  return Buffer.from((rows as [{ readonly data: ArrayBuffer }])[0].data);
}

/** A table with a leaf for each row, and something left over in each of them. */
async function createTable(rows: number) {
  const database = await openDatabase(path.join(await storeFolder(), 'test.db'));
  database.exec('create table t (id integer primary key, a text)');
  const insert = database.prepare("insert into t (a) values (replace(hex(zeroblob(1200)), '0', 'x'))");
  database.exec('begin');
  for (let row = 0; row < rows; row++) insert.run([]);
  const leaves = (database.prepare(LEAVES).all([]) as readonly { readonly page: number }[]).map(({ page }) => page);
  const write = database.prepare('update sqlite_dbpage set data = ? where pgno = ?');
  for (const page of leaves) {
    const data = pageOf(database, page);
    data.write(GARBAGE, 100);
    write.run([new Uint8Array(data), page]);
  }
  database.exec('commit');
  // All that it uses of a session.
  const session = { statement: (sql: string) => database.prepare(sql) } as Session;
  const isClean = () => leaves.map((page) => !pageOf(database, page).includes(GARBAGE));
  return { database, session, leaves, isClean };
}

it.each([
  [1, 1, [0, 1]],
  [60, 1, [0, 41]],
  [1_000, 1, [0, 41]],
  [1_000, 500, [459, 540]],
  [1_000, 1_000, [959, 1_000]],
  [1_000, 2_000, [959, 1_000]],
])('of %i leaves, those around row %i are cleared, and their rows stay', async (rows, row, [from = 0, to = 0]) => {
  const { database, session, leaves, isClean } = await createTable(rows);
  expect(leaves).toHaveLength(rows);
  scrubAround(session, 't', row);
  expect(isClean()).toEqual(leaves.map((_, index) => index >= from && index < to));
  expect(database.prepare('pragma integrity_check').all([])).toEqual([{ integrity_check: 'ok' }]);
  expect(database.prepare('select count(*) as count, min(length(a)) as least from t').all([])).toEqual([
    { count: rows, least: 2_400 },
  ]);
  database.close();
});

it('a table that is missing is left alone', async () => {
  const { database, session, isClean } = await createTable(1);
  scrubAround(session, 'other', 1);
  expect(isClean()).toEqual([false]);
  database.close();
});
