import { constants } from 'node:fs';
import { copyFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBAppender, DuckDBValue } from '@duckdb/node-api';
import { type OpenDuckDb, openDuckDb, sqlName, sqlText } from '../duckdb/open-duckdb.js';
import type { OutputColumn } from '../mapping/plan-outputs.js';
import type { AnsweredRows, InputFormat } from '../types.js';
import { renameDurably, sync } from './durable.js';
import { columnType } from './parquet-types.js';
import { columnValues } from './parquet-values.js';
import type { RowWriter, WriterMark } from './row-writer.js';

/** Rows in a chunk of DuckDB. */
const CHUNK_ROWS = 2_048;

interface ParquetOptions {
  /** Folder for the parts. */
  readonly folder: string;
  readonly columns: readonly OutputColumn[];
  /** Of the input. */
  readonly format: InputFormat;
  readonly mark: WriterMark | undefined;
  /** The output is the folder of parts; else they are joined. */
  readonly keepsParts: boolean;
}

/** Parquet in parts, one for each commit: a file of it has no end before its last row. */
export async function openParquetWriter(options: ParquetOptions): Promise<RowWriter> {
  const duckdb = await openDuckDb();
  const { mark } = options;
  const writer = new ParquetWriter(
    options,
    duckdb,
    mark?.kind === 'parts' ? mark : { kind: 'parts', parts: 0, types: [] },
  );
  await writer.discardUncommitted();
  return writer;
}

class ParquetWriter implements RowWriter {
  readonly #options: ParquetOptions;
  readonly #duckdb: OpenDuckDb;
  #mark: WriterMark & { readonly kind: 'parts' };
  /** Of the part that is being made. */
  #appender: DuckDBAppender | undefined;

  constructor(options: ParquetOptions, duckdb: OpenDuckDb, mark: WriterMark & { readonly kind: 'parts' }) {
    this.#options = options;
    this.#duckdb = duckdb;
    this.#mark = mark;
  }

  async discardUncommitted(): Promise<void> {
    const { folder } = this.#options;
    const committed = new Set(Array.from({ length: this.#mark.parts }, (_, index) => partName(index)));
    for (const name of await readdir(folder)) {
      if (!committed.has(name)) await rm(join(folder, name));
    }
  }

  async write(rows: AnsweredRows): Promise<void> {
    const { library } = this.#duckdb;
    this.#appender ??= await this.#begin(rows);
    const appender = this.#appender;
    const types = this.#options.columns.map((_, index) => appender.columnType(index));
    for (let start = 0; start < rows.sources.length; start += CHUNK_ROWS) {
      const end = Math.min(start + CHUNK_ROWS, rows.sources.length);
      const chunk = library.DuckDBDataChunk.create(types, end - start);
      this.#options.columns.forEach((column, index) => {
        const values: DuckDBValue[] = [];
        const valueAt = columnValues(library, { column, format: this.#options.format }, rows);
        for (let row = start; row < end; row++) values.push(valueAt(row));
        chunk.setColumnValues(index, values);
      });
      appender.appendDataChunk(chunk);
    }
  }

  async #begin(rows: AnsweredRows): Promise<DuckDBAppender> {
    const { columns, format } = this.#options;
    const { connection } = this.#duckdb;
    const types = columns.map((column) => columnType(column, format, rows));
    // The first part's types are those of all.
    if (this.#mark.parts === 0) this.#mark = { ...this.#mark, types };
    const fields = columns.map(({ name }, index) => `${sqlName(name)} ${this.#mark.types[index]}`);
    await connection.run(`create or replace table part (${fields.join(', ')})`);
    return connection.createAppender('part');
  }

  async commit(): Promise<WriterMark> {
    if (this.#appender === undefined) return this.#mark;
    this.#appender.closeSync();
    this.#appender = undefined;
    const { folder } = this.#options;
    const part = join(folder, partName(this.#mark.parts));
    const unfinished = `${part}.unfinished`;
    await this.#duckdb.connection.run(`copy part to ${sqlText(unfinished)} (format parquet)`);
    await this.#duckdb.connection.run('drop table part');
    await sync(unfinished);
    await renameDurably(unfinished, part);
    this.#mark = { ...this.#mark, parts: this.#mark.parts + 1 };
    return this.#mark;
  }

  async finish(target: string): Promise<void> {
    const { folder, keepsParts } = this.#options;
    if (keepsParts) return renameDurably(folder, target);
    const joined = `${folder}.joined`;
    await this.#join(joined);
    await sync(joined);
    await renameDurably(joined, target);
  }

  /** The parts one after the other. */
  async #join(file: string): Promise<void> {
    const { folder, columns } = this.#options;
    const { parts } = this.#mark;
    if (parts === 1) return copyFile(join(folder, partName(0)), file, constants.COPYFILE_FICLONE);
    const fields = columns.map(
      ({ name, kind }) => `${kind === 'tensor' ? 'NULL::FLOAT' : 'NULL::VARCHAR'} as ${sqlName(name)}`,
    );
    const rows =
      parts === 0
        ? `select ${fields.join(', ')} where false`
        : `select * from read_parquet(${sqlText(join(folder, 'part-*.parquet'))})`;
    await this.#duckdb.connection.run(`copy (${rows}) to ${sqlText(file)} (format parquet)`);
  }

  async close(): Promise<void> {
    this.#appender?.clear();
    this.#duckdb.close();
  }
}

/** In an order in which their names are sorted, too. */
function partName(index: number): string {
  return `part-${String(index).padStart(8, '0')}.parquet`;
}
