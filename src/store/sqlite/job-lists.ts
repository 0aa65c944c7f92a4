import type { JobFilter, JobTotals, LaneTotals, OwnerTotals } from '../jobs.js';
import type { BindValue } from './database.js';
import { JOB_ROW, JOB_ROW_SCHEMA } from './job-rows.js';
import { reading } from './operation.js';
import type { Session } from './session.js';

/** The schema that adds jobs. */
const READABLE = { readableFrom: 8 } as const;
const READABLE_ROWS = { readableFrom: JOB_ROW_SCHEMA } as const;

/** {@link JOB_ROW}. */
export const getJob = reading<string, string | undefined>(
  async (session, id) => readRows(session, `select ${JOB_ROW} as row from jobs where id = ?`, [id])[0],
  READABLE_ROWS,
);

export interface JobPage {
  readonly filter: JobFilter;
  readonly before: number | undefined;
  readonly limit: number;
}

/** Newest first. */
export const listJobs = reading<JobPage, readonly string[]>(async (session, { filter, before, limit }) => {
  const columns = (['owner', 'model', 'state'] as const).filter((column) => filter[column] !== undefined);
  const conditions = columns.map((column) => `${column} = ? and `).join('');
  const values = columns.map((column) => filter[column] ?? '');
  // The index answers all of the conditions: rows are read only of the page.
  const statement = `
    select ${JOB_ROW} as row from jobs where number in (
      select number from jobs ${indexFor(filter)} where ${conditions} number < ? order by number desc limit ?
    ) order by number desc`;
  return readRows(session, statement, [...values, before ?? Number.MAX_SAFE_INTEGER, limit]);
}, READABLE_ROWS);

export interface RunningPage {
  readonly after: number;
  readonly limit: number;
}

/** In order of number. */
export const runningJobs = reading<RunningPage, readonly string[]>(
  async (session, { after, limit }) =>
    readRows(
      session,
      `select ${JOB_ROW} as row from jobs indexed by jobs_of_state where state = 'running' and number > ? order by number limit ?`,
      [after, limit],
    ),
  READABLE_ROWS,
);

/** The body of an answer: its bytes, or the name of its file; neither = it is empty. */
export interface FoundAnswerBody {
  readonly bytes: ArrayBuffer | null;
  readonly file: string | null;
  readonly sizeBytes: number;
}

export const answerOfJob = reading<string, FoundAnswerBody | undefined>(async (session, id) => {
  const [found] = session.statement(ANSWER).all([id]) as readonly FoundAnswerBody[];
  return found;
}, READABLE);

export const jobTotals = reading<undefined, JobTotals>(
  async (session) => ({
    lanes: (session.statement(LANES).all([]) as readonly LaneRow[]).map((row) => ({
      ...row,
      hasFiles: row.hasFiles !== 0,
    })),
    owners: session.statement(OWNERS).all([]) as OwnerTotals[],
  }),
  READABLE,
);

export const nextDueJob = reading<number, number | undefined>(async (session, nowMs) => {
  const [next] = session.statement(NEXT_DUE).all([nowMs]) as readonly { readonly atMs: number | null }[];
  return next?.atMs ?? undefined;
}, READABLE);

interface LaneRow extends Omit<LaneTotals, 'hasFiles'> {
  readonly hasFiles: number;
}

function readRows(session: Session, statement: string, values: readonly BindValue[]): readonly string[] {
  return (session.statement(statement).all(values) as readonly { readonly row: string }[]).map(({ row }) => row);
}

function indexFor({ owner, model, state }: JobFilter): string {
  if (owner !== undefined) return 'indexed by jobs_of_owner';
  if (model !== undefined) return 'indexed by jobs_of_model';
  return state === undefined ? 'not indexed' : 'indexed by jobs_of_state';
}

const ANSWER = `
  select answer as bytes, answer_file as file, answer_bytes as sizeBytes from jobs where id = ? and answer_status is not null`;
const LANES = `
  select model, owner, priority, queued, (select created_at_ms from jobs where number = oldest) as oldestAtMs, exists (
    select 1 from jobs where body_file is not null and state = 'queued' and model = lanes.model and owner = lanes.owner
  ) as hasFiles from (
    select model, owner, priority, count(*) as queued, min(number) as oldest from jobs indexed by jobs_queued
    where state = 'queued' group by model, owner, priority
  ) as lanes`;
const OWNERS = `
  select owner, sum(state in ('queued', 'running')) as open, count(*) as jobs, sum(request_bytes + answer_bytes) as bytes
  from jobs indexed by jobs_of_owner group by owner`;
const NEXT_DUE = `
  select min(not_before_ms) as atMs from jobs indexed by jobs_delayed_by_time
  where state = 'queued' and is_delayed = 1 and not_before_ms > ?`;
