import { randomUUID } from 'node:crypto';
import { MillraceError } from '../../core/index.js';
import type { StoreWriter } from '../types.js';
import type { Statement } from './database.js';
import { type FileSetup, openFile } from './file.js';
import { CamelCasePlugin, Kysely, SqliteDialect } from './kysely.js';
import { MIGRATIONS } from './migrations.js';
import type { Tables } from './tables.js';
import type { WriterLock } from './writer-lock.js';

/** A connection to the store's file, in which all operations run. */
export interface Session {
  /** Of the connection: no other one ever had it. */
  readonly id: string;
  readonly db: Kysely<Tables>;
  /** A prepared statement, kept for the next use: for frequent operations, where kysely would take longer than SQLite. */
  statement(sql: string): Statement;
  readonly writer: StoreWriter;
  /** Number of migrations that the tables have had. Throws `unavailable` where a newer millrace has written them. */
  schema(): number;
  /** Runs the migrations that the tables lack, all or none. */
  migrate(): Promise<void>;
  /** Runs work as one transaction, which is rolled back where the work rejects. */
  transaction<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Runs a part of a transaction. One that rejects with a MillraceError is undone alone; other errors end the transaction. */
  savepoint<Result>(work: () => Promise<Result>): Promise<Result>;
  close(): void;
}

/** Opens a connection to the file, which is created where there is none. */
export async function openSession(file: FileSetup, lock: WriterLock): Promise<Session> {
  const raw = await openFile(file);
  const statements = new Map<string, Statement>();
  const session: Session = {
    id: randomUUID(),
    db: new Kysely<Tables>({ dialect: new SqliteDialect({ database: raw }), plugins: [new CamelCasePlugin()] }),
    statement(sql) {
      let statement = statements.get(sql);
      if (statement === undefined) {
        statement = raw.prepare(sql);
        statements.set(sql, statement);
      }
      return statement;
    },
    get writer() {
      return lock.writer;
    },
    schema() {
      const [row] = raw.prepare('pragma user_version').all([]) as readonly { readonly user_version: number }[];
      return checkSchema(row?.user_version ?? 0, file.path);
    },
    migrate: () =>
      session.transaction(async () => {
        for (const migration of MIGRATIONS.slice(session.schema())) raw.exec(migration);
        raw.exec(`pragma user_version = ${MIGRATIONS.length}`);
      }),
    async transaction(work) {
      raw.exec('begin immediate');
      try {
        const result = await work();
        raw.exec('commit');
        return result;
      } catch (error) {
        if (raw.inTransaction) raw.exec('rollback');
        throw error;
      }
    },
    async savepoint(work) {
      raw.exec('savepoint request');
      try {
        const result = await work();
        raw.exec('release request');
        return result;
      } catch (error) {
        if (error instanceof MillraceError) raw.exec('rollback to request; release request');
        throw error;
      }
    },
    close() {
      // libsql keeps the file open until no statement is left.
      statements.clear();
      raw.close();
    },
  };
  return session;
}

function checkSchema(schema: number, file: string): number {
  if (schema <= MIGRATIONS.length) return schema;
  const message = `the store '${file}' was written by a newer millrace (schema ${schema}, this one knows ${MIGRATIONS.length}); update millrace, or set 'store.path' to another file`;
  throw new MillraceError('unavailable', message);
}
