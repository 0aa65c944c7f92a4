import type Libsql from 'libsql';

/** What a parameter of a statement may be. */
export type BindValue = string | number | bigint | null | Uint8Array;

/** A prepared statement. Its parameters are an array; anything else throws a TypeError, since libsql would abort the process. */
export interface Statement {
  /** It gives rows. */
  readonly reader: boolean;
  all(values: readonly BindValue[]): unknown[];
  run(values: readonly BindValue[]): Libsql.RunResult;
  iterate(values: readonly BindValue[]): IterableIterator<unknown>;
}

/** A connection to a file of SQLite. */
export interface Database {
  readonly inTransaction: boolean;
  exec(sql: string): void;
  prepare(sql: string): Statement;
  close(): void;
}

/** Opens a connection to the file. `timeoutMs`: how long a statement waits for another process. */
export async function openDatabase(file: string, timeoutMs = 0): Promise<Database> {
  const { default: LibsqlDatabase } = await import('libsql');
  const database = new LibsqlDatabase(file, { timeout: timeoutMs });
  return {
    get inTransaction() {
      return database.inTransaction;
    },
    exec: (sql) => void database.exec(sql),
    prepare: (sql) => guardStatement(database.prepare(sql)),
    close: () => void database.close(),
  };
}

/** libsql 0.5 panics, which ends the process, where parameters are a Buffer, an object, or have a boolean among them. */
function guardStatement(statement: Libsql.Statement): Statement {
  return {
    reader: statement.reader,
    all: (values) => statement.all(bindable(values)),
    run: (values) => statement.run(bindable(values)),
    iterate: (values) => statement.iterate(bindable(values)),
  };
}

function bindable(values: unknown): readonly BindValue[] {
  if (!Array.isArray(values)) throw new TypeError(`expected an array of parameters, got ${kindOf(values)}`);
  for (const [index, value] of values.entries()) {
    if (isBindable(value)) continue;
    throw new TypeError(
      `parameter ${index + 1}: expected a string, number, bigint, Uint8Array or null, got ${kindOf(value)}`,
    );
  }
  return values;
}

function isBindable(value: unknown): value is BindValue {
  return value === null || ['string', 'number', 'bigint'].includes(typeof value) || value instanceof Uint8Array;
}

function kindOf(value: unknown): string {
  return typeof value === 'object' && value !== null ? (value.constructor?.name ?? 'an object') : typeof value;
}
