import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { readAll, scratchFolder } from '../../../test/support/batch-files.js';
import { openDuckDb, sqlText } from '../duckdb/open-duckdb.js';
import { START } from '../types.js';
import { openParquet } from './parquet.js';

/** A Parquet file of what a query gives. */
async function parquetOf(query: string): Promise<string> {
  const file = path.join(scratchFolder(), "it's.parquet");
  const duckdb = await openDuckDb();
  await duckdb.connection.run(`copy (${query}) to ${sqlText(file)} (format parquet, row_group_size 2048)`);
  duckdb.close();
  return file;
}

it('a Parquet file has the columns and rows that were written', async () => {
  const file = await parquetOf(`
    select 1::bigint as id, [1.5, 2]::float[] as x, [[1], [2, 3]] as nested, 'ü' as "na""me", 1.25::decimal(9,2) as price,
           date '2026-12-02' as day, 'b'::blob as bytes, {'a': 1} as struct
    union all select 2, null, null, null, null, null, null, null`);
  const reader = await openParquet(file);
  expect(reader.totalRows).toBe(2);
  expect(reader.columns.map(({ name, type, isNumeric }) => `${name} ${type} ${isNumeric}`)).toEqual([
    'id BIGINT true',
    'x FLOAT[] true',
    'nested INTEGER[][] true',
    'na"me VARCHAR false',
    'price DECIMAL(9,2) true',
    'day DATE false',
    'bytes BLOB false',
    'struct STRUCT(a INTEGER) false',
  ]);
  const { rows } = await readAll(reader);
  expect(rows).toEqual([
    {
      id: 1n,
      x: [1.5, 2],
      nested: [[1], [2, 3]],
      'na"me': 'ü',
      price: 1.25,
      day: '2026-12-02',
      bytes: Buffer.from('b'),
      struct: { a: 1 },
    },
    { id: 2n, x: null, nested: null, 'na"me': null, price: null, day: null, bytes: null, struct: null },
  ]);
  await reader.close();
});

it('a Parquet file is read from any row on, in blocks that end at multiples of the stride', async () => {
  const reader = await openParquet(await parquetOf('select range as id from range(10000)'));
  const { blocks } = await readAll(reader, { stride: 3_000 });
  expect(blocks.map(({ next }) => next.row)).toEqual([2048, 3000, 4096, 6000, 6144, 8192, 9000, 10000]);
  const rest = await readAll(reader, { stride: 3_000, from: { ...START, row: 7_777 } });
  expect(rest.rows).toHaveLength(2_223);
  expect(rest.rows[0]).toEqual({ id: 7777n });
  await reader.close();
});

it('lists of numbers are read as they lie in memory, unless an element is missing', async () => {
  const listsOf = async (query: string) => {
    const reader = await openParquet(await parquetOf(query));
    try {
      for await (const block of reader.read({ from: START, stride: 10, columns: ['x'] })) {
        const { lists } = block.column('x') ?? {};
        const list = lists?.values.subarray(lists.start(1), lists.start(1) + lists.length(1));
        return list && [...list];
      }
    } finally {
      await reader.close();
    }
  };
  expect(await listsOf('select unnest([[1, 2], [3, 4, 5]]::float[][]) as x')).toEqual([3, 4, 5]);
  expect(await listsOf('select unnest([[1, null], [3, 4, 5]]::float[][]) as x')).toBeUndefined();
  expect(await listsOf('select unnest([null, [3, 4, 5]]::float[][]) as x')).toBeUndefined();
});

it('a file that is cut off, or none of Parquet, is refused', async () => {
  const file = path.join(scratchFolder(), 'cut.parquet');
  writeFileSync(file, 'PAR1 and no more');
  await expect(openParquet(file)).rejects.toMatchObject({
    code: 'invalid_argument',
    message: expect.stringMatching(/cut\.parquet cannot be read as Parquet: .*No magic bytes found at end of file/),
  });
});
