import type { WebhookLane, WebhookTransition } from '../webhook-records.js';
import { JOB_ROW } from './job-rows.js';
import { reading, writing } from './operation.js';
import type { Session } from './session.js';

/** Makes the notification of a job pending that ends in this transaction. */
export function armWebhook(session: Session, id: string, endedAtMs: number): void {
  const [job] = session.statement(NUMBER).all([id]) as readonly { readonly number: number }[];
  if (job !== undefined) armWebhooks(session, [job.number], endedAtMs);
}

/** Makes the notifications of jobs pending that end in this transaction; the jobs are kept as long as they may be. */
export function armWebhooks(session: Session, numbers: readonly number[], endedAtMs: number): void {
  const list = JSON.stringify(numbers);
  session.statement(ARM).run([endedAtMs, list]);
  session.statement(KEEP).run([endedAtMs, list]);
}

/** The job runs again: what was not reported of its end is not true any more. */
export function withdrawWebhook(session: Session, id: string): void {
  session.statement(WITHDRAW).run([id]);
}

export const webhookLanes = reading<undefined, readonly (WebhookLane & { readonly dueAtMs: number })[]>(
  async (session) =>
    session.statement(LANES).all([]) as unknown as readonly (WebhookLane & { readonly dueAtMs: number })[],
);

/** {@link JOB_ROW} of each. */
export const nextWebhooks = reading<WebhookLane & { readonly limit: number }, readonly string[]>(
  async (session, { owner, host, limit }) =>
    (session.statement(NEXT).all([owner, host, limit]) as readonly { readonly row: string }[]).map(({ row }) => row),
);

export const settleWebhook = writing<WebhookTransition, boolean>(async (session, { job, attempts, to }) => {
  const { changes } = session
    .statement(SETTLE)
    .run([
      to.state,
      to.attempts,
      to.dueAtMs ?? null,
      to.status ?? null,
      to.error ?? null,
      job.number,
      attempts,
      job.number,
      job.endedAtMs ?? null,
    ]);
  if (changes > 0 && to.state !== 'pending') session.statement(RELEASE).run([job.number]);
  return changes > 0;
});

export interface WebhookRedelivery {
  readonly id: string;
  readonly nowMs: number;
  readonly maxAgeMs: number;
}

/** False = it has not failed, or there is none. */
export const redeliverWebhook = writing<WebhookRedelivery, boolean>(async (session, { id, nowMs, maxAgeMs }) => {
  const [job] = session.statement(ENDED).all([id]) as readonly {
    readonly number: number;
    readonly endedAtMs: number;
  }[];
  if (job === undefined) return false;
  // Its age counts from the job's end.
  const ageMs = Math.max(0, nowMs - job.endedAtMs) + maxAgeMs;
  const { changes } = session.statement(REDELIVER).run([nowMs, ageMs, job.number]);
  if (changes > 0) session.statement(KEEP).run([job.endedAtMs, JSON.stringify([job.number])]);
  return changes > 0;
});

const ENDED = 'select number, ended_at_ms as endedAtMs from jobs where id = ? and ended_at_ms is not null';
const REDELIVER = `
  update job_webhooks set state = 'pending', attempts = 0, due_at_ms = ?, status = null, error = null, max_age_ms = ?
  where job_number = ? and state = 'failed'`;
const NUMBER = 'select number from jobs where id = ?';
const ARM = `
  update job_webhooks set state = 'pending', attempts = 0, due_at_ms = ?, status = null, error = null
  where job_number in (select value from json_each(?))`;
const KEEP = `
  update jobs set remove_at_ms = max(remove_at_ms, ? + (select max_age_ms from job_webhooks where job_number = number))
  where number in (select job_number from job_webhooks where job_number in (select value from json_each(?)))`;
const WITHDRAW = `
  update job_webhooks set state = 'waiting', attempts = 0, due_at_ms = null, status = null, error = null
  where job_number = (select number from jobs where id = ?)`;
const LANES = `
  select owner, host, min(due_at_ms) as dueAtMs from job_webhooks indexed by job_webhooks_pending
  where state = 'pending' group by owner, host`;
const NEXT = `
  select ${JOB_ROW} as row from (
    select job_number as found, due_at_ms as due from job_webhooks indexed by job_webhooks_pending
    where state = 'pending' and owner = ? and host = ? order by due_at_ms limit ?
  ) join jobs on jobs.number = found order by due`;
const SETTLE = `
  update job_webhooks set state = ?, attempts = ?, due_at_ms = ?, status = ?, error = ?
  where job_number = ? and state = 'pending' and attempts = ?
    and exists (select 1 from jobs where number = ? and ended_at_ms = ?)`;
const RELEASE = 'update jobs set remove_at_ms = ended_at_ms + keep_ms where number = ? and ended_at_ms is not null';
