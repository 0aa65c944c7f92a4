import type { ChangedJob, ChangedJobs, JobRecord } from '../jobs.js';
import type { BindValue } from './database.js';
import { armWebhooks } from './job-webhooks.js';
import { type Operation, writing } from './operation.js';
import { scrubAround } from './scrub.js';
import type { Session } from './session.js';

/** Jobs, or keys, that one step ends or removes. */
const MAX_CHANGED = 1_000;
/** Bodies in the rows of one step, which SQLite writes again. */
const MAX_CHANGED_BYTES = 4_194_304;
const BUSY_TIMEOUT_MS = 5_000;

/** Jobs as one text of JSON, a {@link ChangedJob} each. */
export interface ChangedRows extends Pick<ChangedJobs, 'hasMore'> {
  readonly jobs: string;
  /** Files that the jobs have named, and no other job names. */
  readonly files: readonly string[];
}

export interface JobExpiry extends Pick<JobRecord, 'errorCode' | 'errorMessage'> {
  readonly nowMs: number;
}

export const expireJobs = writing<JobExpiry, ChangedRows>(async (session, { nowMs, errorCode, errorMessage }) => {
  const page = select(session, EXPIRED, [nowMs]);
  const { jobs, numbers, hasMore } = page;
  if (numbers.length > 0) {
    const values = [nowMs, nowMs, errorCode ?? null, errorMessage ?? null, JSON.stringify(numbers)];
    session.statement(EXPIRE).run(values);
    armWebhooks(session, numbers, nowMs);
  }
  return { jobs, files: [], hasMore };
});

export const pruneJobs = writing<number, ChangedRows>(async (session, nowMs) => {
  const { jobs, numbers, files, hasMore } = select(session, REMOVABLE, [nowMs]);
  if (numbers.length > 0) session.statement(DELETE).run([JSON.stringify(numbers)]);
  const keys = session.statement(PRUNE_KEYS).run([nowMs]);
  return { jobs, files: unused(session, files), hasMore: hasMore || keys.changes === MAX_CHANGED };
});

export interface JobRemoval {
  readonly isRemoved: boolean;
  /** As in {@link ChangedRows}. */
  readonly files: readonly string[];
}

export const removeJob = writing<string, JobRemoval>(async (session, id) => {
  const [removed] = session.statement(REMOVE).all([id]) as readonly (FilesOfJob & { readonly number: number })[];
  if (removed === undefined) return { isRemoved: false, files: [] };
  scrubAround(session, 'jobs', removed.number);
  scrubAround(session, 'job_webhooks', removed.number);
  return { isRemoved: true, files: unused(session, filesOf(removed)) };
});

/** Of names of files, those that no job has. It writes nothing: only the process that owns the store may remove files. */
export const unusedBodies = writing<readonly string[], readonly string[]>(async (session, files) =>
  unused(session, files),
);

/** Empties the log beside the file, which has pages as they were before. False while another program reads it. */
export const truncateLog: Operation<undefined, boolean> = {
  writes: false,
  async run(session) {
    // A reader would hold up the thread.
    session.statement('pragma busy_timeout = 0').all([]);
    try {
      const [done] = session.statement('pragma wal_checkpoint(truncate)').all([]) as readonly {
        readonly busy: number;
      }[];
      return done?.busy === 0;
    } finally {
      session.statement(`pragma busy_timeout = ${BUSY_TIMEOUT_MS}`).all([]);
    }
  },
};

interface FilesOfJob {
  readonly bodyFile: string | null;
  readonly answerFile: string | null;
}

interface SelectedRow extends FilesOfJob {
  readonly number: number;
  /** JSON of a ChangedJob. */
  readonly job: string;
  readonly inlineBytes: number;
}

/** Jobs of a step: so many that it does not hold up the thread for long. */
function select(session: Session, statement: string, values: readonly BindValue[]) {
  const found = session.statement(statement).all(values) as readonly SelectedRow[];
  let bytes = 0;
  const excess = found.findIndex(({ inlineBytes }, index) => {
    bytes += inlineBytes;
    return bytes > MAX_CHANGED_BYTES && index > 0;
  });
  const selected = excess === -1 ? found : found.slice(0, excess);
  return {
    jobs: `[${selected.map(({ job }) => job).join(',')}]`,
    numbers: selected.map(({ number }) => number),
    files: selected.flatMap(filesOf),
    hasMore: excess !== -1 || found.length === MAX_CHANGED,
  };
}

function filesOf({ bodyFile, answerFile }: FilesOfJob): readonly string[] {
  return [bodyFile, answerFile].filter((file) => file !== null);
}

function unused(session: Session, files: readonly string[]): readonly string[] {
  return [...new Set(files)].filter((file) => session.statement(IS_USED).all([file, file]).length === 0);
}

const CHANGED: readonly Exclude<keyof ChangedJob, 'webhookHost'>[] = [
  'id',
  'number',
  'model',
  'owner',
  'priority',
  'principal',
  'state',
  'requestBytes',
  'answerBytes',
];
const columnOf = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const SELECT = `
  select number, json_object(
      ${CHANGED.map((name) => `'${name}', ${columnOf(name)}`).join(', ')},
      'webhookHost', (select host from job_webhooks where job_number = number)
    ) as job, body_file as bodyFile,
    answer_file as answerFile, coalesce(length(body), 0) + coalesce(length(answer), 0) as inlineBytes
  from jobs`;
const EXPIRED = `
  ${SELECT} indexed by jobs_by_deadline where state = 'queued' and deadline_ms <= ? order by deadline_ms limit ${MAX_CHANGED}`;
const EXPIRE = `
  update jobs set state = 'expired', version = version + 1, ended_at_ms = ?, remove_at_ms = ? + keep_ms, error_code = ?, error_message = ?
  where number in (select value from json_each(?))`;
const REMOVABLE = `
  ${SELECT} indexed by jobs_by_removal where remove_at_ms <= ? order by remove_at_ms limit ${MAX_CHANGED}`;
const DELETE = 'delete from jobs where number in (select value from json_each(?))';
const PRUNE_KEYS = `
  delete from job_keys where (owner, route, key) in
  (select owner, route, key from job_keys where expires_at_ms <= ? limit ${MAX_CHANGED})`;
const REMOVE = `
  delete from jobs where id = ? and remove_at_ms is not null returning number, body_file as bodyFile, answer_file as answerFile`;
const IS_USED = `
  select 1 from jobs where body_file = ? union all select 1 from jobs where answer_file = ? limit 1`;
