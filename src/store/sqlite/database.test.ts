import path from 'node:path';
import { expect, it } from 'vitest';
import { storeFolder } from '../../../test/support/store.js';
import { type BindValue, openDatabase } from './database.js';

async function openTable() {
  const database = await openDatabase(path.join(await storeFolder(), 'test.db'));
  database.exec('create table t (a, b)');
  return database;
}

it('a statement takes its parameters as an array of all that can be bound', async () => {
  const database = await openTable();
  const insert = database.prepare('insert into t values (?, ?)');
  for (const [a, b] of [
    ['x', 1.5],
    [10n, null],
    [Buffer.from('x'), new Uint8Array(0)],
  ] as const)
    insert.run([a, b]);
  const select = database.prepare('select typeof(a) as a, typeof(b) as b from t');
  const rows = [
    { a: 'text', b: 'real' },
    { a: 'integer', b: 'null' },
    { a: 'blob', b: 'blob' },
  ];
  expect(select.all([])).toEqual(rows);
  expect([...select.iterate([])]).toEqual(rows);
  expect([insert.reader, select.reader]).toEqual([false, true]);
  database.close();
});

// Each of the first four ends the process where libsql gets it.
it.each([
  [Buffer.from('x'), 'expected an array of parameters, got Buffer'],
  [{ a: 1 }, 'expected an array of parameters, got Object'],
  [Object.create(null), 'expected an array of parameters, got an object'],
  [[true, 1], 'parameter 1: expected a string, number, bigint, Uint8Array or null, got boolean'],
  ['x', 'expected an array of parameters, got string'],
  [undefined, 'expected an array of parameters, got undefined'],
  [[1, { a: 1 }], 'parameter 2: expected a string, number, bigint, Uint8Array or null, got Object'],
  [[1, undefined], 'parameter 2: expected a string, number, bigint, Uint8Array or null, got undefined'],
])('a statement refuses %o', async (parameters, message) => {
  const database = await openTable();
  const insert = database.prepare('insert into t values (?, ?)');
  // As from code without types.
  const values = parameters as readonly BindValue[];
  for (const use of [insert.run, insert.all, insert.iterate]) expect(() => use(values)).toThrow(new TypeError(message));
  expect(database.prepare('select * from t').all([])).toEqual([]);
  database.close();
});
