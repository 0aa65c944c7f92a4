import { MillraceError } from '../../core/index.js';
import type { IdempotencyKey, JobLane, JobTransition } from '../jobs.js';
import type { BindValue } from './database.js';
import { INSERT_JOB, INSERT_WEBHOOK, JOB_ROW, JOB_ROW_SCHEMA, NO_BODY, type StoredBody } from './job-rows.js';
import { armWebhook, withdrawWebhook } from './job-webhooks.js';
import { reading, writing } from './operation.js';
import type { Session } from './session.js';

/** Jobs that are claimed, and made ready, at once. */
const MAX_CLAIMED = 1_000;
const REFUSES_FIRST = { refusesFirst: true } as const;

export interface JobSubmission {
  readonly id: string;
  /** Of {@link INSERT_JOB}. */
  readonly values: readonly BindValue[];
  /** Of {@link INSERT_WEBHOOK}, without the number; undefined = it has none. */
  readonly webhook: readonly BindValue[] | undefined;
  readonly key: (IdempotencyKey & { readonly owner: string; readonly nowMs: number }) | undefined;
}

/** `row`: {@link JOB_ROW}. */
export type SubmissionReply =
  | { readonly kind: 'submitted'; readonly number: number }
  | { readonly kind: 'known'; readonly id: string; readonly row: string | undefined }
  | { readonly kind: 'conflict'; readonly id: string };

export type EarlierReply = Exclude<SubmissionReply, { readonly kind: 'submitted' }>;

export const submitJob = writing<JobSubmission, SubmissionReply>(async (session, { id, values, webhook, key }) => {
  const earlier = key && findEarlier(session, key);
  if (earlier !== undefined) return earlier;
  const { changes, lastInsertRowid } = session.statement(INSERT_JOB).run(values);
  if (changes === 0) throw new MillraceError('already_exists', `there is a job '${id}'`);
  if (key !== undefined) {
    session.statement(PUT_KEY).run([key.owner, key.route, key.key, key.digest, id, key.expiresAtMs]);
  }
  const number = Number(lastInsertRowid);
  if (webhook !== undefined) session.statement(INSERT_WEBHOOK).run([number, ...webhook]);
  return { kind: 'submitted', number };
}, REFUSES_FIRST);

export interface JobClaim {
  readonly lane: JobLane;
  readonly limit: number;
  readonly nowMs: number;
}

export interface ClaimedRow {
  /** {@link JOB_ROW}. */
  readonly row: string;
  readonly number: number;
  readonly body: ArrayBuffer | null;
  readonly file: string | null;
}

/** The job of a key that is in use. */
export const earlierJob = reading<NonNullable<JobSubmission['key']>, EarlierReply | undefined>(
  async (session, key) => findEarlier(session, key),
  { readableFrom: JOB_ROW_SCHEMA },
);

/** Oldest first. */
export const claimJobs = writing<JobClaim, readonly ClaimedRow[]>(async (session, { lane, limit, nowMs }) => {
  const { model, owner, priority } = lane;
  session.statement(MAKE_READY).run([model, owner, priority, nowMs]);
  const values = [nowMs, model, owner, priority, Math.min(limit, MAX_CLAIMED)];
  const claimed = session.statement(CLAIM).all(values) as ClaimedRow[];
  // SQLite returns them in any order.
  return claimed.sort((a, b) => a.number - b.number);
}, REFUSES_FIRST);

export interface JobChange extends Pick<JobTransition, 'id' | 'from' | 'to'> {
  readonly notifies: boolean;
  readonly answerBytes: number;
  readonly body: StoredBody;
}

export interface JobChangeReply {
  readonly isApplied: boolean;
  /** File of an earlier answer, which the job does not name any more. */
  readonly dropped: string | null;
}

export const changeJob = writing<JobChange, JobChangeReply>(async (session, change) => {
  const { id, from, to, answerBytes } = change;
  const at = [id, from.state, from.attempts];
  const hadAnswer = from.state !== 'queued' && from.state !== 'running';
  const [earlier] = hadAnswer ? (session.statement(ANSWER_FILE).all(at) as readonly { readonly file: string }[]) : [];
  const { status = null, headers } = to.answer ?? {};
  const { bytes, file } = to.answer === undefined ? NO_BODY : change.body;
  const { changes } = session
    .statement(CHANGE)
    .run([
      to.state,
      to.attempts ?? null,
      to.notBeforeMs ?? null,
      to.notBeforeMs === undefined ? null : 1,
      to.deadlineMs ?? null,
      to.endedAtMs ?? null,
      to.endedAtMs ?? null,
      to.errorCode ?? null,
      to.errorMessage ?? null,
      status,
      headers === undefined ? null : JSON.stringify(headers),
      to.answer === undefined ? 0 : answerBytes,
      file,
      bytes,
      ...at,
    ]);
  if (changes > 0 && change.notifies) {
    if (to.endedAtMs !== undefined) armWebhook(session, id, to.endedAtMs);
    else if (hadAnswer) withdrawWebhook(session, id);
  }
  return { isApplied: changes > 0, dropped: earlier?.file ?? null };
}, REFUSES_FIRST);

function findEarlier(session: Session, key: NonNullable<JobSubmission['key']>): EarlierReply | undefined {
  const [earlier] = session.statement(GET_KEY).all([key.owner, key.route, key.key, key.nowMs]) as readonly {
    readonly digest: string;
    readonly id: string;
    readonly row: string | null;
  }[];
  if (earlier === undefined) return undefined;
  const { digest, id, row } = earlier;
  return digest === key.digest ? { kind: 'known', id, row: row ?? undefined } : { kind: 'conflict', id };
}

const GET_KEY = `
  select digest, job_id as id, (select ${JOB_ROW} from jobs where id = job_id) as row
  from job_keys where owner = ? and route = ? and key = ? and expires_at_ms > ?`;
const PUT_KEY = `
  insert or replace into job_keys (owner, route, key, digest, job_id, expires_at_ms) values (?, ?, ?, ?, ?, ?)`;
/** Jobs whose time has come join the others, so that a claim never searches for them. */
const MAKE_READY = `
  update jobs set is_delayed = 0 where number in (
    select number from jobs indexed by jobs_delayed
    where state = 'queued' and is_delayed = 1 and model = ? and owner = ? and priority = ? and not_before_ms <= ?
    order by not_before_ms limit ${MAX_CLAIMED}
  )`;
const CLAIM = `
  update jobs set state = 'running', version = version + 1, attempts = attempts + 1, started_at_ms = ? where number in (
    select number from jobs indexed by jobs_queued
    where state = 'queued' and is_delayed = 0 and model = ? and owner = ? and priority = ?
    order by number limit ?
  ) returning ${JOB_ROW} as row, number, body, body_file as file`;
const ANSWER_FILE = 'select answer_file as file from jobs where id = ? and state = ? and attempts = ?';
const CHANGE = `
  update jobs set
    state = ?, version = version + 1, attempts = coalesce(?, attempts), not_before_ms = coalesce(?, not_before_ms), is_delayed = coalesce(?, is_delayed),
    deadline_ms = coalesce(?, deadline_ms), ended_at_ms = ?, remove_at_ms = ? + keep_ms, error_code = ?, error_message = ?,
    answer_status = ?, answer_headers = ?, answer_bytes = ?, answer_file = ?, answer = ?
  where id = ? and state = ? and attempts = ?`;
