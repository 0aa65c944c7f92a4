import { randomUUID } from 'node:crypto';
import { MillraceError } from '../../core/index.js';
import { StoreInUse } from '../store-in-use.js';
import type { StoreWriter } from '../types.js';
import type { Database } from './database.js';
import { toFault } from './faults.js';
import { migrate, openFile, ownFile, schemaOf } from './file.js';
import { KnownFile, StoreHarmed } from './known-file.js';
import { CamelCasePlugin, Kysely, SqliteDialect } from './kysely.js';
import type { StoreReply, StoreRequest, ThreadSetup } from './messages.js';
import { MIGRATIONS } from './migrations.js';
import type { Operation } from './operation.js';
import { OPERATIONS } from './operations.js';
import type { Tables } from './tables.js';

interface Connection {
  readonly id: string;
  readonly raw: Database;
  /** On `raw`. */
  readonly db: Kysely<Tables>;
  /** The tables are as this millrace needs them. */
  isCurrent: boolean;
}

interface Task {
  readonly operation: Operation<unknown, unknown>;
  readonly input: unknown;
}

/** The file, while it is open. What fails closes it, and the next request tries anew. */
export class Session {
  readonly #setup: ThreadSetup;
  #connection: Connection | undefined;
  #ownership: Database | undefined;
  /** Another process had it when it was last asked for. */
  #isInUse = false;
  readonly #file: KnownFile;

  constructor(setup: ThreadSetup) {
    this.#setup = setup;
    this.#file = new KnownFile(setup.path);
  }

  /** Answers each request, in their order. Those that write, one behind the other, are one transaction: on the disk together, or not at all. */
  async answer(requests: readonly StoreRequest[]): Promise<readonly StoreReply[]> {
    const replies: StoreReply[] = [];
    for (const tasks of groups(requests)) replies.push(...(await this.#answerGroup(tasks)));
    return replies;
  }

  async #answerGroup(tasks: readonly Task[]): Promise<readonly StoreReply[]> {
    try {
      const connection = await this.#open();
      const replies = tasks[0]?.operation.writes
        ? await this.#write(connection, tasks)
        : await this.#runEach(connection, tasks);
      this.#file.used();
      return replies;
    } catch (error) {
      // While the removed file is open, the file system gives its inode to no other.
      if (!(error instanceof StoreInUse || error instanceof StoreHarmed)) this.#disconnect();
      const fault = toFault(error, this.#setup.path);
      return tasks.map(() => ({ fault }));
    }
  }

  /** Lets others write the file. */
  close(): void {
    this.#disconnect();
    this.#disown();
  }

  async #open(): Promise<Connection> {
    const { path, maxSizeBytes } = this.#setup;
    await this.#file.check();
    if (this.#connection !== undefined) return this.#connection;
    const raw = await openFile(path, maxSizeBytes);
    this.#file.opened();
    const dialect = new SqliteDialect({ database: raw });
    const db = new Kysely<Tables>({ dialect, plugins: [new CamelCasePlugin()] });
    this.#connection = { id: randomUUID(), raw, db, isCurrent: false };
    return this.#connection;
  }

  async #own(connection: Connection): Promise<void> {
    if (this.#ownership !== undefined) return;
    const { path } = this.#setup;
    try {
      this.#ownership = await ownFile(path);
      this.#isInUse = false;
    } catch (error) {
      this.#isInUse = error instanceof StoreInUse;
      throw error;
    }
    // The process that owned it before may have been of another millrace.
    connection.isCurrent = false;
    try {
      schemaOf(connection.raw, path);
    } catch (error) {
      this.#disown();
      throw error;
    }
  }

  #disown(): void {
    this.#ownership?.close();
    this.#ownership = undefined;
  }

  /** `readableFrom`: the schema that is enough while another process, which owns the file, leaves it as it is. */
  async #bringUpToDate(connection: Connection, readableFrom = MIGRATIONS.length): Promise<void> {
    if (connection.isCurrent) return;
    const { path } = this.#setup;
    const schema = schemaOf(connection.raw, path);
    if (schema < MIGRATIONS.length) {
      try {
        await this.#own(connection);
      } catch (error) {
        if (error instanceof StoreInUse && schema >= readableFrom) return;
        throw error;
      }
      // The process that owned it before may have done it.
      migrate(connection.raw, schemaOf(connection.raw, path));
    }
    connection.isCurrent = true;
  }

  get #writer(): StoreWriter {
    if (this.#ownership !== undefined) return 'this';
    return this.#isInUse ? 'another' : 'unknown';
  }

  #disconnect(): void {
    const connection = this.#connection;
    this.#connection = undefined;
    connection?.raw.close();
    this.#file.closed();
  }

  async #write(connection: Connection, tasks: readonly Task[]): Promise<readonly StoreReply[]> {
    await this.#own(connection);
    await this.#bringUpToDate(connection);
    return this.#runTogether(connection, tasks);
  }

  async #runEach(connection: Connection, tasks: readonly Task[]): Promise<readonly StoreReply[]> {
    const replies: StoreReply[] = [];
    for (const task of tasks) replies.push(await this.#run(connection, task));
    return replies;
  }

  async #runTogether(connection: Connection, tasks: readonly Task[]): Promise<readonly StoreReply[]> {
    const { raw } = connection;
    const replies: StoreReply[] = [];
    raw.exec('begin immediate');
    try {
      for (const task of tasks) {
        raw.exec('savepoint request');
        const reply = await this.#run(connection, task);
        if ('fault' in reply) raw.exec('rollback to request');
        raw.exec('release request');
        replies.push(reply);
      }
      raw.exec('commit');
      return replies;
    } catch (error) {
      if (raw.inTransaction) raw.exec('rollback');
      throw error;
    }
  }

  /** A refusal is the request's own; what else goes wrong is everybody's. */
  async #run(connection: Connection, { operation, input }: Task): Promise<StoreReply> {
    const { id, db, raw } = connection;
    const schema = () => schemaOf(raw, this.#setup.path);
    try {
      if (!operation.anySchema) await this.#bringUpToDate(connection, operation.readableFrom);
      return { output: await operation.run(db, input, { connection: id, writer: this.#writer, schema }) };
    } catch (error) {
      if (error instanceof MillraceError) return { fault: toFault(error, this.#setup.path) };
      throw error;
    }
  }
}

/** Neighbours that all write, or all do not. */
function groups(requests: readonly StoreRequest[]): readonly (readonly Task[])[] {
  const all: Task[][] = [];
  for (const { name, input } of requests) {
    // What is sent with a name is of the type that its operation takes.
    const operation = OPERATIONS[name] as Operation<unknown, unknown>;
    const last = all.at(-1);
    if (last?.[0]?.operation.writes === operation.writes) last.push({ operation, input });
    else all.push([{ operation, input }]);
  }
  return all;
}
