import type { ErrorCode } from '../core/index.js';
import type { JobAnswerHead, JobRecord, JobState, JobTransition } from '../store/index.js';
import { type AttemptFailure, type RetryPolicy, retryOf, retryWaitMs } from '../stored-requests/index.js';

export type JobEvent =
  | { readonly kind: 'answered'; readonly answer: JobAnswerHead }
  /** `answer` undefined = the request could not be sent. */
  | { readonly kind: 'failed'; readonly failure: AttemptFailure; readonly answer: JobAnswerHead | undefined }
  /** The server ended while it ran: in order, or by a crash, which the job may have caused. */
  | { readonly kind: 'interrupted'; readonly by: 'shutdown' | 'crash' }
  | { readonly kind: 'cancelled'; readonly by: string }
  | { readonly kind: 'expired' }
  | { readonly kind: 'retried' };

export interface JobPolicy extends RetryPolicy {
  readonly maxAgeMs: number;
}

export interface Moment {
  /** Milliseconds since the Unix epoch. */
  readonly nowMs: number;
  /** 0 to 1: spreads retries. */
  readonly random: number;
}

type Next = JobTransition['to'];

export const FINAL_STATES: readonly JobState[] = ['succeeded', 'failed', 'cancelled', 'expired'];

export function hasEnded({ state }: Pick<JobRecord, 'state'>): boolean {
  return FINAL_STATES.includes(state);
}

/** The transition that an event causes; undefined = the event means nothing to a job in this state. */
export function transitionOf(
  job: JobRecord,
  event: JobEvent,
  at: Moment & { readonly policy: JobPolicy },
): JobTransition | undefined {
  const to = nextOf(job, event, at);
  return to && { id: job.id, from: { state: job.state, attempts: job.attempts }, to };
}

function nextOf(job: JobRecord, event: JobEvent, at: Moment & { readonly policy: JobPolicy }): Next | undefined {
  const { state } = job;
  switch (event.kind) {
    case 'answered':
      return state === 'running' ? { ...ended('succeeded', at), answer: event.answer } : undefined;
    case 'failed':
      return state === 'running' ? afterFailure(job, event, at) : undefined;
    case 'interrupted':
      return state === 'running' ? afterInterruption(job, event.by, at) : undefined;
    case 'cancelled':
      return hasEnded(job)
        ? undefined
        : { ...ended('cancelled', at), errorCode: 'cancelled', errorMessage: `cancelled by '${event.by}'` };
    case 'expired':
      return hasEnded(job) ? undefined : { ...ended('expired', at), ...EXPIRED };
    case 'retried':
      return state === 'failed' || state === 'cancelled' || state === 'expired' ? retried(job, at) : undefined;
    default:
      return event satisfies never;
  }
}

export const EXPIRED = {
  errorCode: 'deadline_exceeded' satisfies ErrorCode,
  errorMessage: 'the job did not end before its deadline',
} as const;

function ended(state: JobState, { nowMs }: Moment): Next {
  return { state, endedAtMs: nowMs, errorCode: undefined, errorMessage: undefined, answer: undefined };
}

function afterFailure(
  job: JobRecord,
  { failure, answer }: Extract<JobEvent, { readonly kind: 'failed' }>,
  at: Moment & { readonly policy: JobPolicy },
): Next {
  const { policy } = at;
  const { code, message, retryAfterMs = 0 } = failure;
  const retry = retryOf(failure, job.attempts, policy);
  const error = { errorCode: code, errorMessage: message };
  if (retry !== 'never') return queued(job, { ...at, error, counts: retry === 'again', atLeastMs: retryAfterMs });
  return { ...ended('failed', at), ...error, answer };
}

function afterInterruption(
  job: JobRecord,
  by: 'shutdown' | 'crash',
  at: Moment & { readonly policy: JobPolicy },
): Next {
  if (by === 'shutdown') {
    const error = { errorCode: undefined, errorMessage: undefined };
    return { ...queued(job, { ...at, error, counts: false, atLeastMs: 0 }), notBeforeMs: job.notBeforeMs };
  }
  const { attempts } = job;
  const times = attempts === 1 ? 'once' : `${attempts} times`;
  const error = {
    errorCode: 'internal' satisfies ErrorCode,
    errorMessage: `the server ended while the job ran (${times})`,
  };
  if (attempts >= at.policy.maxAttempts) return { ...ended('failed', at), ...error };
  return queued(job, { ...at, error, counts: true, atLeastMs: 0 });
}

interface Requeue extends Moment {
  readonly policy: JobPolicy;
  readonly error: Pick<Next, 'errorCode' | 'errorMessage'>;
  /** The attempt counts. */
  readonly counts: boolean;
  readonly atLeastMs: number;
}

function queued(job: JobRecord, { nowMs, random, policy, error, counts, atLeastMs }: Requeue): Next {
  const { attempts, createdAtMs } = job;
  const waitMs = retryWaitMs({ attempts, counts, ageMs: nowMs - createdAtMs, random, atLeastMs }, policy);
  return {
    state: 'queued',
    attempts: counts ? attempts : Math.max(0, attempts - 1),
    notBeforeMs: Math.ceil(nowMs + waitMs),
    endedAtMs: undefined,
    ...error,
    answer: undefined,
  };
}

/** As if it had been submitted now. */
function retried(
  { deadlineMs, createdAtMs }: JobRecord,
  { nowMs, policy }: Moment & { readonly policy: JobPolicy },
): Next {
  return {
    state: 'queued',
    attempts: 0,
    notBeforeMs: nowMs,
    deadlineMs: nowMs + Math.min(deadlineMs - createdAtMs, policy.maxAgeMs),
    endedAtMs: undefined,
    errorCode: undefined,
    errorMessage: undefined,
    answer: undefined,
  };
}
