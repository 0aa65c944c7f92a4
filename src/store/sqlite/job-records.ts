import { MillraceError } from '../../core/index.js';
import type {
  ChangedJob,
  ChangedJobs,
  ClaimedJob,
  IdempotencyKey,
  JobFilter,
  JobLane,
  JobRecord,
  JobRecords,
  JobTotals,
  JobTransition,
  NewJob,
  Submission,
} from '../jobs.js';
import { BodyFiles } from './body-files.js';
import { fromFault, toFault } from './faults.js';
import { folderBeside } from './folders.js';
import type { ChangedRows, JobExpiry } from './job-removal.js';
import { INLINE_BYTES, jobValues, NO_BODY, newRecord, readJob, type StoredBody } from './job-rows.js';
import type { ClaimedRow } from './jobs.js';
import { LogTruncation } from './log-truncation.js';
import type { Reader } from './reader.js';
import type { StoreThread } from './store-thread.js';

/** Files that one request of {@link SqliteJobs.sweep} checks. */
const SWEPT = 1_000;

export interface SqliteJobsSetup {
  /** Absolute path of the store. */
  readonly file: string;
  readonly thread: StoreThread;
  readonly read: Reader;
}

/** The outcome of a change that may store a body; `isStored` false = no row names its file. */
interface Stored<Result> {
  readonly result: Result;
  readonly isStored: boolean;
}

/** Jobs in the tables, and their large bodies in files. */
export class SqliteJobs implements JobRecords {
  readonly #file: string;
  readonly #thread: StoreThread;
  readonly #read: Reader;
  readonly #bodies: BodyFiles;
  readonly #log: LogTruncation;

  constructor({ file, thread, read }: SqliteJobsSetup) {
    this.#file = file;
    this.#thread = thread;
    this.#read = read;
    this.#bodies = new BodyFiles(folderBeside(file, 'bodies'));
    this.#log = new LogTruncation(read);
  }

  submit(job: NewJob, body: Uint8Array, idempotency?: IdempotencyKey): Promise<Submission> {
    const { id, owner, createdAtMs: nowMs } = job;
    const key = idempotency && { ...idempotency, owner, nowMs };
    return this.#storing<Submission>(body, async (stored) => {
      const values = jobValues(job, body.byteLength, stored);
      const reply = await this.#thread.request('submitJob', { id, values, key });
      if (reply.kind === 'submitted') {
        const record = newRecord(job, reply.number, body.byteLength);
        return { result: { kind: 'submitted', record }, isStored: true };
      }
      if (reply.kind === 'conflict') return { result: reply, isStored: false };
      const record = reply.row === undefined ? undefined : readJob(reply.row);
      return { result: { kind: 'known', id: reply.id, record }, isStored: false };
    });
  }

  async earlier(
    owner: string,
    key: IdempotencyKey,
    nowMs: number,
  ): Promise<Exclude<Submission, { readonly kind: 'submitted' }> | undefined> {
    const reply = await this.#read('earlierJob', { ...key, owner, nowMs }, undefined);
    if (reply?.kind !== 'known') return reply;
    return { kind: 'known', id: reply.id, record: reply.row === undefined ? undefined : readJob(reply.row) };
  }

  async get(id: string): Promise<JobRecord | undefined> {
    const row = await this.#read('getJob', id, undefined);
    return row === undefined ? undefined : readJob(row);
  }

  async list(
    filter: JobFilter,
    page: { readonly before: number | undefined; readonly limit: number },
  ): Promise<readonly JobRecord[]> {
    return (await this.#read('listJobs', { filter, ...page }, [])).map(readJob);
  }

  async claim(
    lane: JobLane,
    options: { readonly limit: number; readonly nowMs: number },
  ): Promise<readonly ClaimedJob[]> {
    const { model, owner, priority } = lane;
    const rows = await this.#read('claimJobs', { lane: { model, owner, priority }, ...options }, []);
    const claimed = rows.map((row) => ({ row, record: readJob(row.row) }));
    try {
      return await Promise.all(
        claimed.map(async ({ row, record }) => ({ record, body: await this.#bodyOf(row, record.requestBytes) })),
      );
    } catch (error) {
      // A fault that may pass, such as too many open files: the jobs are to be claimed again.
      await Promise.allSettled(claimed.map(({ record }) => this.#unclaim(record)));
      throw this.#toError(error);
    }
  }

  change({ id, from: { state, attempts }, to, answerBody }: JobTransition): Promise<boolean> {
    const body = to.answer === undefined ? undefined : answerBody;
    return this.#storing(body, async (stored) => {
      const change = { id, from: { state, attempts }, to, answerBytes: body?.byteLength ?? 0, body: stored };
      const { isApplied, dropped } = await this.#read('changeJob', change, { isApplied: false, dropped: null });
      if (isApplied && dropped !== null) await this.#discard([dropped]);
      return { result: isApplied, isStored: isApplied };
    });
  }

  async answerBody(id: string): Promise<Uint8Array | undefined> {
    const found = await this.#read('answerOfJob', id, undefined);
    if (found === undefined || found.file === null) return found && bytesOf(found.bytes);
    const { file, sizeBytes } = found;
    const body = await this.#reporting(() => this.#bodies.read(file, sizeBytes));
    if (body !== undefined) return body;
    // The job may have been removed after its row was read.
    if ((await this.#read('answerOfJob', id, undefined))?.file !== file) return undefined;
    throw new MillraceError(
      'internal',
      `the answer of job '${id}' is lost: its file '${file}' is missing or truncated`,
    );
  }

  async running(after: number, limit: number): Promise<readonly JobRecord[]> {
    return (await this.#read('runningJobs', { after, limit }, [])).map(readJob);
  }

  totals(): Promise<JobTotals> {
    return this.#read('jobTotals', undefined, { lanes: [], owners: [] });
  }

  nextDueMs(nowMs: number): Promise<number | undefined> {
    return this.#read('nextDueJob', nowMs, undefined);
  }

  async expire(nowMs: number, error: Omit<JobExpiry, 'nowMs'>): Promise<ChangedJobs> {
    const { errorCode, errorMessage } = error;
    return toChanged(await this.#read('expireJobs', { nowMs, errorCode, errorMessage }, NONE_CHANGED));
  }

  async prune(nowMs: number): Promise<ChangedJobs> {
    const rows = await this.#read('pruneJobs', nowMs, NONE_CHANGED);
    const changed = toChanged(rows);
    if (changed.jobs.length > 0) this.#log.due();
    await this.#discard(rows.files);
    if (!changed.hasMore) await this.#log.tryToTruncate();
    return changed;
  }

  async remove(id: string): Promise<boolean> {
    const { isRemoved, files } = await this.#read('removeJob', id, { isRemoved: false, files: [] });
    if (!isRemoved) return false;
    this.#log.due();
    await this.#reporting(() => this.#removeUnused(files));
    await this.#log.truncate();
    return true;
  }

  async sweep(): Promise<void> {
    const names = await this.#reporting(() => this.#bodies.names());
    // Only the process that owns the store may remove files.
    await this.#read('unusedBodies', [], []);
    await this.#reporting(() => this.#bodies.removePartial());
    for (let at = 0; at < names.length; at += SWEPT) {
      await this.#reporting(() => this.#removeUnused(names.slice(at, at + SWEPT)));
    }
    await this.#log.truncate();
  }

  /** Stores a body before the row that names it, and removes its file where no row does. */
  async #storing<Result>(
    body: Uint8Array | undefined,
    work: (stored: StoredBody) => Promise<Stored<Result>>,
  ): Promise<Result> {
    if (body === undefined) return (await work(NO_BODY)).result;
    if (body.byteLength <= INLINE_BYTES) return (await work({ bytes: exactly(body), file: null })).result;
    // Before there is a file: the folder belongs to the process that owns the store.
    await this.#thread.request('own', undefined);
    const pinned = await this.#reporting(() => this.#bodies.put(body));
    let isStored = false;
    try {
      const stored = await work({ bytes: null, file: pinned.name });
      isStored = stored.isStored;
      return stored.result;
    } finally {
      pinned.release();
      if (!isStored) await this.#discard([pinned.name]);
    }
  }

  async #bodyOf({ body, file }: ClaimedRow, sizeBytes: number): Promise<Uint8Array | undefined> {
    return file === null ? bytesOf(body) : this.#bodies.read(file, sizeBytes);
  }

  #unclaim({ id, state, attempts, errorCode, errorMessage }: JobRecord): Promise<boolean> {
    const to = { state: 'queued', attempts: attempts - 1, endedAtMs: undefined, errorCode, errorMessage } as const;
    return this.change({ id, from: { state, attempts }, to: { ...to, answer: undefined } });
  }

  #removeUnused(files: readonly string[]): Promise<void> {
    return this.#bodies.removeUnused(files, (names) => this.#read('unusedBodies', names, []));
  }

  /** Removes files where that is possible; otherwise {@link sweep} removes them. */
  async #discard(files: readonly string[]): Promise<void> {
    await this.#removeUnused(files).catch(() => undefined);
  }

  /** Runs work on files. What the system reports becomes an error as the thread gives it. */
  async #reporting<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      throw this.#toError(error);
    }
  }

  #toError(error: unknown): MillraceError {
    return error instanceof MillraceError ? error : fromFault(toFault(error, this.#file));
  }
}

const NONE_CHANGED: ChangedRows = { jobs: '[]', files: [], hasMore: false };

function toChanged({ jobs, hasMore }: ChangedRows): ChangedJobs {
  return { jobs: JSON.parse(jobs) as readonly ChangedJob[], hasMore };
}

function bytesOf(buffer: ArrayBuffer | null): Uint8Array {
  return buffer === null ? new Uint8Array() : new Uint8Array(buffer);
}

/** A view of a larger buffer would cross threads with all of that. */
function exactly(body: Uint8Array): Uint8Array {
  return body.byteLength === body.buffer.byteLength ? body : new Uint8Array(body);
}
