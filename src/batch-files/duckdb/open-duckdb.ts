import type { DuckDBConnection } from '@duckdb/node-api';
import { importOptional } from '../../runtimes/index.js';

export type DuckDb = typeof import('@duckdb/node-api');

/** DuckDB in memory, for Parquet files. */
export interface OpenDuckDb {
  readonly library: DuckDb;
  readonly connection: DuckDBConnection;
  close(): void;
}

/** Rejects with `failed_precondition`, and how to install it, where DuckDB is not installed. */
export async function openDuckDb(): Promise<OpenDuckDb> {
  const library = await importOptional('Parquet files', '@duckdb/node-api', () => import('@duckdb/node-api'));
  // One thread: what is read and written is in order, and the model has the other processors.
  const settings = { threads: '1', autoinstall_known_extensions: 'false', autoload_known_extensions: 'false' };
  const instance = await library.DuckDBInstance.create(':memory:', settings);
  const connection = await instance.connect();
  return {
    library,
    connection,
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

/** A text, such as a path, as a literal in SQL. */
export function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A name of a column or table in SQL. */
export function sqlName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
