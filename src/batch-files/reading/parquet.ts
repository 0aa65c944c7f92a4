import { stat } from 'node:fs/promises';
import type { DuckDBDataChunk, DuckDBResult } from '@duckdb/node-api';
import { invalidArgument, messageOf } from '../../core/index.js';
import { type OpenDuckDb, openDuckDb, sqlName, sqlText } from '../duckdb/open-duckdb.js';
import { vectorColumn } from '../duckdb/vectors.js';
import type { Block, Column, ColumnInfo, Position, RowReader } from '../types.js';

const NUMERIC = /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL\(.*\))(\[\d*\])*$/;

/** Rows of a Parquet file. Rejects with `failed_precondition` where DuckDB is not installed, `invalid_argument` where the file is not whole. */
export async function openParquet(path: string): Promise<RowReader> {
  const duckdb = await openDuckDb();
  const readable = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      // Behind the first line is the statement.
      const [reason = ''] = messageOf(error).split('\n');
      throw invalidArgument(`${path} cannot be read as Parquet: ${reason}`, { cause: error });
    }
  };
  try {
    const { columns, totalRows } = await readable(() => describe(duckdb, path));
    return {
      columns,
      totalRows,
      sizeBytes: (await stat(path)).size,
      read: ({ from, stride, columns: wanted }) => {
        const selected = columns.filter(({ name }) => wanted.includes(name));
        return readBlocks(duckdb, { path, from, stride, selected, readable });
      },
      async close() {
        duckdb.close();
      },
    };
  } catch (error) {
    duckdb.close();
    throw error;
  }
}

async function describe({ connection }: OpenDuckDb, path: string) {
  const file = `read_parquet(${sqlText(path)})`;
  const described = await connection.runAndReadAll(`describe select * from ${file}`);
  const columns = described.getRowObjects().map(({ column_name: name, column_type: type }): ColumnInfo => {
    const text = String(type);
    return { name: String(name), type: text, isText: false, isNumeric: NUMERIC.test(text) };
  });
  const counted = await connection.runAndReadAll(`select count(*) from ${file}`);
  return { columns, totalRows: Number(counted.getRows()[0]?.[0]) };
}

interface Reading {
  readonly path: string;
  readonly from: Position;
  readonly stride: number;
  readonly selected: readonly ColumnInfo[];
  readonly readable: <T>(work: () => Promise<T>) => Promise<T>;
}

async function* readBlocks({ library, connection }: OpenDuckDb, reading: Reading): AsyncGenerator<Block> {
  const { path, from, stride, selected, readable } = reading;
  const list = selected.map(({ name }) => sqlName(name)).join(', ') || '1';
  const where = from.row === 0 ? '' : ` where file_row_number >= ${from.row}`;
  const sql = `select ${list} from read_parquet(${sqlText(path)}, file_row_number = ${from.row > 0})${where}`;
  const result = await readable(() => connection.stream(sql));
  let row = from.row;
  for await (const chunk of chunksOf(result, readable)) {
    const columns = new Map(
      selected.map(({ name }, index): [string, Column] => [name, vectorColumn(library, chunk.getColumnVector(index))]),
    );
    for (let start = 0; start < chunk.rowCount; ) {
      const rows = Math.min(chunk.rowCount - start, stride - (row % stride));
      yield blockOf(columns, { chunk, start, rows, row });
      start += rows;
      row += rows;
    }
  }
}

/** Chunks, of which the next one is read while the caller is busy with one. */
async function* chunksOf(result: DuckDBResult, readable: Reading['readable']): AsyncGenerator<DuckDBDataChunk> {
  const fetch = () => {
    const chunk = readable(() => result.fetchChunk());
    // It is awaited later, or never where the caller has left.
    chunk.catch(() => undefined);
    return chunk;
  };
  let next = fetch();
  for (;;) {
    const chunk = await next;
    if (chunk === null || chunk.rowCount === 0) return;
    next = fetch();
    yield chunk;
  }
}

const NONE: ReadonlyMap<number, string> = new Map();

/** A part of a chunk; `chunk` keeps alive the memory that the columns show. */
interface Part {
  readonly chunk: DuckDBDataChunk;
  readonly start: number;
  readonly rows: number;
  readonly row: number;
}

function blockOf(columns: ReadonlyMap<string, Column>, part: Part): Block & { readonly chunk: DuckDBDataChunk } {
  const { chunk, start, rows, row } = part;
  return {
    first: { row, line: 0, offset: 0 },
    rows,
    column(name) {
      const column = columns.get(name);
      return column === undefined || start === 0 ? column : shifted(column, start);
    },
    problems: NONE,
    line: () => undefined,
    next: { row: row + rows, line: 0, offset: 0 },
    chunk,
  };
}

function shifted({ at, native, lists }: Column, by: number): Column {
  return {
    at: (row) => at(row + by),
    ...(native && { native: (row: number) => native(row + by) }),
    ...(lists && {
      lists: {
        values: lists.values,
        start: (row: number) => lists.start(row + by),
        length: (row: number) => lists.length(row + by),
      },
    }),
  };
}
