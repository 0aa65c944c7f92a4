import type { JobAnswerHead, JobObjects, JobPriority, JobRecord, JobState, NewJob } from '../jobs.js';
import { hostOfWebhook, type JobWebhook, type NewWebhook } from '../webhooks.js';
import type { BindValue } from './database.js';

/** Larger bodies are files beside the store. */
export const INLINE_BYTES = 32_768;

/** A body as its row has it: the bytes, or the name of their file. */
export interface StoredBody {
  readonly bytes: Uint8Array | null;
  /** {@link BodyFiles}. */
  readonly file: string | null;
}

export const NO_BODY: StoredBody = { bytes: null, file: null };

/** Columns of a job, without bodies, in the order of {@link JobRow}. */
const COLUMNS = [
  'number',
  'id',
  'model',
  'owner',
  'priority',
  'principal',
  'identity',
  'dialect',
  'method',
  'url',
  'json(request_headers)',
  'json(objects)',
  'run_timeout_ms',
  'created_at_ms',
  'not_before_ms',
  'deadline_ms',
  'keep_ms',
  'state',
  'attempts',
  'request_bytes',
  'started_at_ms',
  'ended_at_ms',
  'remove_at_ms',
  'error_code',
  'error_message',
  'answer_status',
  'json(answer_headers)',
  'answer_bytes',
  'version',
  // Wrapped, as a subquery's result is text to json_array.
  `json((
    select json_array(url, format, includes_answer, max_age_ms, state, attempts, due_at_ms, status, error)
    from job_webhooks where job_number = jobs.number
  ))`,
];

/** A job as one text of JSON, which crosses threads several times as fast as an object. */
export const JOB_ROW = `json_array(${COLUMNS.join(', ')})`;

type JobRow = [
  number: number,
  id: string,
  model: string,
  owner: string,
  priority: JobPriority,
  principal: string,
  identity: string,
  dialect: string,
  method: string,
  url: string,
  headers: Readonly<Record<string, string>>,
  objects: JobObjects | null,
  runTimeoutMs: number | null,
  createdAtMs: number,
  notBeforeMs: number,
  deadlineMs: number,
  keepMs: number,
  state: JobState,
  attempts: number,
  requestBytes: number,
  startedAtMs: number | null,
  endedAtMs: number | null,
  removeAtMs: number | null,
  errorCode: string | null,
  errorMessage: string | null,
  answerStatus: number | null,
  answerHeaders: JobAnswerHead['headers'] | null,
  answerBytes: number,
  version: number,
  webhook: WebhookRow | null,
];

type WebhookRow = [
  url: string,
  format: JobWebhook['format'],
  includesAnswer: number,
  maxAgeMs: number,
  state: JobWebhook['state'],
  attempts: number,
  dueAtMs: number | null,
  status: number | null,
  error: string | null,
];

/** The schema of {@link JOB_ROW}. */
export const JOB_ROW_SCHEMA = 11;

/** Reads a {@link JOB_ROW}. */
export function readJob(text: string): JobRecord {
  const row = JSON.parse(text) as JobRow;
  const [number, id, model, owner, priority, principal, identity, dialect, method, url, headers, ...rest] = row;
  const [objects, runTimeoutMs, ...times] = rest;
  const [createdAtMs, notBeforeMs, deadlineMs, keepMs, state, attempts, requestBytes, ...end] = times;
  const [startedAtMs, endedAtMs, removeAtMs, errorCode, errorMessage, status, answerHeaders, answerBytes, ...more] =
    end;
  const [version, webhook] = more;
  return {
    number,
    id,
    model,
    owner,
    priority,
    principal,
    identity,
    dialect,
    request: { method, url, headers },
    objects: objects ?? undefined,
    runTimeoutMs: runTimeoutMs ?? undefined,
    createdAtMs,
    notBeforeMs,
    deadlineMs,
    keepMs,
    state,
    attempts,
    requestBytes,
    startedAtMs: startedAtMs ?? undefined,
    endedAtMs: endedAtMs ?? undefined,
    removeAtMs: removeAtMs ?? undefined,
    errorCode: errorCode ?? undefined,
    errorMessage: errorMessage ?? undefined,
    answer: status === null ? undefined : { status, headers: answerHeaders ?? {} },
    answerBytes,
    version,
    webhook: webhook === null ? undefined : readWebhook(webhook),
  };
}

function readWebhook(row: WebhookRow): JobWebhook {
  const [url, format, includesAnswer, maxAgeMs, state, attempts, dueAtMs, status, error] = row;
  return {
    url,
    format,
    includesAnswer: includesAnswer !== 0,
    maxAgeMs,
    state,
    attempts,
    dueAtMs: dueAtMs ?? undefined,
    status: status ?? undefined,
    error: error ?? undefined,
  };
}

/** Inserts a job where there is none of its id; takes {@link jobValues}. */
export const INSERT_JOB = `
  insert into jobs (
    id, model, owner, priority, principal, identity, dialect, method, url, request_headers, objects, run_timeout_ms, created_at_ms, not_before_ms, is_delayed,
    deadline_ms, keep_ms, request_bytes, body_file, body
  ) values (${Array(20).fill('?').join(', ')})
  on conflict (id) do nothing`;

export function jobValues(job: NewJob, requestBytes: number, body: StoredBody): readonly BindValue[] {
  const { request, objects, createdAtMs, notBeforeMs } = job;
  return [
    job.id,
    job.model,
    job.owner,
    job.priority,
    job.principal,
    job.identity,
    job.dialect,
    request.method,
    request.url,
    JSON.stringify(request.headers),
    objects === undefined ? null : JSON.stringify(objects),
    job.runTimeoutMs ?? null,
    createdAtMs,
    notBeforeMs,
    notBeforeMs > createdAtMs ? 1 : 0,
    job.deadlineMs,
    job.keepMs,
    requestBytes,
    body.file,
    body.bytes,
  ];
}

/** Inserts the webhook of a job; takes its number and {@link webhookValues}. */
export const INSERT_WEBHOOK = `
  insert into job_webhooks (job_number, owner, host, url, format, includes_answer, max_age_ms) values (?, ?, ?, ?, ?, ?, ?)`;

export function webhookValues(owner: string, webhook: NewWebhook): readonly BindValue[] {
  const { url, format, includesAnswer, maxAgeMs } = webhook;
  return [owner, hostOfWebhook(webhook), url, format, includesAnswer ? 1 : 0, maxAgeMs];
}

/** The record of a job that has just been stored. */
export function newRecord(job: NewJob, number: number, requestBytes: number): JobRecord {
  const { id, model, owner, priority, principal, identity, dialect, request, objects, runTimeoutMs } = job;
  const { createdAtMs, notBeforeMs, deadlineMs, keepMs, webhook } = job;
  return {
    number,
    id,
    model,
    owner,
    priority,
    principal,
    identity,
    dialect,
    request,
    objects,
    runTimeoutMs,
    createdAtMs,
    notBeforeMs,
    deadlineMs,
    keepMs,
    state: 'queued',
    attempts: 0,
    requestBytes,
    startedAtMs: undefined,
    endedAtMs: undefined,
    removeAtMs: undefined,
    errorCode: undefined,
    errorMessage: undefined,
    answer: undefined,
    answerBytes: 0,
    version: 0,
    webhook: webhook && { ...webhook, ...NEW_WEBHOOK },
  };
}

const NEW_WEBHOOK = { state: 'waiting', attempts: 0, dueAtMs: undefined, status: undefined, error: undefined } as const;
