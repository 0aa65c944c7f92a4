import type { Job, JobQueue, JobState } from '../../api/index.js';
import { formatDuration } from '../../text/index.js';
import type { Colors } from '../io.js';
import { escapeInvisible } from './escape-invisible.js';
import { type Column, formatFields, formatTable, type TableStyle } from './table.js';
import { formatBytes, formatSecond } from './units.js';

const COLOR_OF: Readonly<Record<JobState, 'dim' | 'cyan' | 'green' | 'red' | 'yellow'>> = {
  queued: 'dim',
  running: 'cyan',
  succeeded: 'green',
  failed: 'red',
  cancelled: 'yellow',
  expired: 'yellow',
};

export const JOB_STATES = Object.keys(COLOR_OF) as readonly JobState[];

/** Jobs as a table. */
export function formatJobs(jobs: readonly Job[], style: TableStyle): string {
  if (jobs.length === 0) return 'no jobs\n';
  const columns: readonly Column<Job>[] = [
    { header: 'JOB', cell: ({ id }) => id },
    { header: 'MODEL', cell: ({ model }) => escapeInvisible(model) },
    { header: 'STATE', cell: ({ state }) => formatState(state, style.colors) },
    { header: 'CREATED', cell: ({ created_at: at }) => formatSecond(at), leaveOut: 3 },
    { header: 'TOOK', align: 'right', cell: formatTook, leaveOut: 2 },
    { header: 'PRINCIPAL', cell: ({ principal }) => escapeInvisible(principal), leaveOut: 1 },
    { header: 'RESULT', cell: formatResult },
  ];
  return formatTable(columns, jobs, style);
}

/** All that is known of a job. */
export function formatJob(job: Job, { colors }: TableStyle): string {
  const attempts = job.attempts === 0 ? undefined : String(job.attempts);
  return formatFields([
    ['id', job.id],
    ['state', formatState(job.state, colors)],
    ['model', escapeInvisible(job.model)],
    ['principal', escapeInvisible(job.principal)],
    ['request', `${job.method} ${escapeInvisible(job.url)} (${job.dialect}, ${formatBytes(job.request_bytes)})`],
    ['priority', job.priority],
    ['attempts', attempts],
    ['jobs ahead', job.ahead === undefined ? undefined : `at most ${job.ahead}`],
    ['created', job.created_at],
    ['starts after', job.due_at],
    ['started', job.started_at],
    ['ended', job.ended_at],
    ['expires', job.ended_at === undefined ? job.expires_at : undefined],
    ['removed', job.removal_at],
    ['input', job.input === undefined ? undefined : escapeInvisible(job.input)],
    ['output', job.output],
    ['answer', job.status === undefined ? undefined : formatAnswer(job)],
    ['error', formatError(job)],
    ['webhook', job.webhook && formatWebhook(job.webhook)],
  ]);
}

/** A job's state on a line: `running, attempt 2`, `succeeded after 1s20ms: 200, 1.2 kB`. */
export function formatJobChange(job: Job, colors: Colors): string {
  const { state, attempts, ended_at: endedAt } = job;
  const head = formatState(state, colors);
  if (endedAt !== undefined) {
    const details = [formatError(job), job.status === undefined ? undefined : formatAnswer(job)];
    return `${head} after ${formatTook(job)}: ${details.filter((detail) => detail !== undefined).join('; ')}\n`;
  }
  if (state === 'running') return `${head}, attempt ${attempts}\n`;
  const due = job.due_at === undefined ? '' : `, not before ${formatSecond(job.due_at)}`;
  const error = formatError(job);
  if (error !== undefined) return `${head} again${due}: ${error}\n`;
  const { ahead = 0 } = job;
  return `${head}${due}${ahead === 0 ? '' : `, at most ${ahead} ahead`}\n`;
}

/** Queues as a table. */
export function formatQueues(queues: readonly JobQueue[], style: TableStyle): string {
  if (queues.length === 0) return 'no queues\n';
  const { yellow } = style.colors;
  const columns: readonly Column<JobQueue>[] = [
    { header: 'MODEL', cell: ({ model }) => escapeInvisible(model) },
    { header: 'QUEUED', align: 'right', cell: ({ queued }) => String(queued) },
    { header: 'RUNNING', align: 'right', cell: ({ running }) => String(running) },
    { header: 'BATCHES HELD', align: 'right', cell: ({ held_batches: held }) => String(held), leaveOut: 1 },
    {
      header: 'OLDEST',
      align: 'right',
      cell: ({ oldest_age_ms: ms }) => (ms === undefined ? '-' : formatDuration(ms)),
    },
    { header: 'STATE', cell: ({ paused }) => (paused ? yellow('paused') : 'open') },
  ];
  return formatTable(columns, queues, style);
}

/** A queue that was paused or resumed, on a line. */
export function formatQueue({ model, queued, running, paused }: JobQueue): string {
  return `${paused ? 'paused' : 'resumed'} the jobs of '${escapeInvisible(model)}': ${queued} queued, ${running} running\n`;
}

function formatState(state: JobState, colors: Colors): string {
  // A newer server may name others.
  const color = COLOR_OF[state] as (typeof COLOR_OF)[JobState] | undefined;
  return color === undefined ? state : colors[color](state);
}

/** From its submission to its end. */
function formatTook({ created_at: from, ended_at: to }: Job): string {
  return to === undefined ? '' : formatDuration(Math.max(0, Date.parse(to) - Date.parse(from)));
}

function formatResult(job: Job): string {
  return job.error === undefined ? String(job.status ?? '') : [job.error.code, job.status].join(' ').trimEnd();
}

function formatAnswer({ status, answer_bytes: bytes }: Job): string {
  return `${status}, ${formatBytes(bytes)}`;
}

/** `pending, 2 attempts, next 12:00:07: the receiver answered 500 (https://…)` */
function formatWebhook({ url, state, attempts, next_attempt_at: nextAt, error }: NonNullable<Job['webhook']>): string {
  const tried = attempts === 0 ? '' : `, ${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}`;
  const next = nextAt === undefined ? '' : `, next ${formatSecond(nextAt)}`;
  const why = error === undefined ? '' : `: ${escapeInvisible(error)}`;
  return `${state}${tried}${next}${why} (${escapeInvisible(url)})`;
}

function formatError({ error }: Job): string | undefined {
  return error && `${error.code}: ${escapeInvisible(error.message)}`;
}
