import { MillraceError } from '../../core/index.js';
import { StoreInUse } from '../errors.js';
import { toFault } from './faults.js';
import type { FileSetup } from './file.js';
import { KnownFile, StoreHarmed } from './known-file.js';
import type { StoreReply, StoreRequest } from './messages.js';
import { MIGRATIONS } from './migrations.js';
import type { Operation } from './operation.js';
import { OPERATIONS } from './operations.js';
import { openSession, type Session } from './session.js';
import { WriterLock } from './writer-lock.js';

interface Task {
  readonly operation: Operation<unknown, unknown>;
  readonly input: unknown;
}

/** Runs requests in a session. A failure closes the session, and the next request opens another one. */
export class Executor {
  readonly #setup: FileSetup;
  readonly #lock: WriterLock;
  readonly #file: KnownFile;
  #session: Session | undefined;
  /** The tables are as this millrace needs them. */
  #isCurrent = false;

  constructor(setup: FileSetup) {
    this.#setup = setup;
    this.#lock = new WriterLock(setup.path);
    this.#file = new KnownFile(setup.path);
  }

  /** Answers each request, in their order. Successive requests that write are one transaction: on the disk together, or not at all. */
  async answer(requests: readonly StoreRequest[]): Promise<readonly StoreReply[]> {
    const replies: StoreReply[] = [];
    for (const tasks of groups(requests)) replies.push(...(await this.#answerGroup(tasks)));
    return replies;
  }

  /** Lets other processes write the file. */
  close(): void {
    this.#disconnect();
    this.#lock.release();
  }

  async #answerGroup(tasks: readonly Task[]): Promise<readonly StoreReply[]> {
    try {
      const session = await this.#open();
      const replies = tasks[0]?.operation.writes
        ? await this.#write(session, tasks)
        : await this.#runEach(session, tasks);
      this.#file.used();
      return replies;
    } catch (error) {
      // While the removed file is open, the file system gives its inode to no other.
      if (!(error instanceof StoreInUse || error instanceof StoreHarmed)) this.#disconnect();
      const fault = toFault(error, this.#setup.path);
      return tasks.map(() => ({ fault }));
    }
  }

  async #open(): Promise<Session> {
    await this.#file.check();
    if (this.#session !== undefined) return this.#session;
    const session = await openSession(this.#setup, this.#lock);
    this.#file.opened();
    this.#session = session;
    this.#isCurrent = false;
    return session;
  }

  #disconnect(): void {
    const session = this.#session;
    this.#session = undefined;
    session?.close();
    this.#file.closed();
  }

  async #own(session: Session): Promise<void> {
    if (session.writer === 'this') return;
    await this.#lock.acquire();
    // The process that owned it before may have been of another millrace.
    this.#isCurrent = false;
    try {
      session.schema();
    } catch (error) {
      this.#lock.release();
      throw error;
    }
  }

  /** `readableFrom`: the schema that is enough while another process, which owns the file, leaves it as it is. */
  async #bringUpToDate(session: Session, readableFrom = MIGRATIONS.length): Promise<void> {
    if (this.#isCurrent) return;
    const schema = session.schema();
    if (schema < MIGRATIONS.length) {
      try {
        await this.#own(session);
      } catch (error) {
        if (error instanceof StoreInUse && schema >= readableFrom) return;
        throw error;
      }
      await session.migrate();
    }
    this.#isCurrent = true;
  }

  async #write(session: Session, tasks: readonly Task[]): Promise<readonly StoreReply[]> {
    await this.#own(session);
    await this.#bringUpToDate(session);
    return session.transaction(() => this.#runEach(session, tasks));
  }

  async #runEach(session: Session, tasks: readonly Task[]): Promise<readonly StoreReply[]> {
    const replies: StoreReply[] = [];
    for (const task of tasks) replies.push(await this.#run(session, task));
    return replies;
  }

  /** A refusal concerns its request alone; any other error concerns the whole group. */
  async #run(session: Session, { operation, input }: Task): Promise<StoreReply> {
    try {
      if (!operation.anySchema) await this.#bringUpToDate(session, operation.readableFrom);
      const run = () => operation.run(session, input);
      const mayUndo = operation.writes && operation.refusesFirst !== true;
      return { output: await (mayUndo ? session.savepoint(run) : run()) };
    } catch (error) {
      if (error instanceof MillraceError) return { fault: toFault(error, this.#setup.path) };
      throw error;
    }
  }
}

/** Successive requests that all write, or all do not. */
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
