import type { ErrorCode } from '../core/index.js';

/** Why an attempt failed. */
export interface AttemptFailure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryAfterMs: number | undefined;
  /** A runner has had the request. */
  readonly hasRun: boolean;
  /** The runner died, which ran others, too, any of which may have caused that. Default: false. */
  readonly diedWithOthers?: boolean | undefined;
}

export interface RetryPolicy {
  readonly maxAttempts: number;
  readonly retryBackoffMs: number;
  readonly maxRetryBackoffMs: number;
  readonly missingModel: 'fail' | 'wait' | 'latest';
}

/** Refusals that say nothing of the request: it has not run, and may do so later. */
const REFUSALS: readonly ErrorCode[] = ['unavailable', 'resource_exhausted', 'quota_exceeded'];
/** Failures of a model or a server that another attempt may not have. */
const RETRIED: readonly ErrorCode[] = [...REFUSALS, 'internal', 'deadline_exceeded', 'cancelled'];

/** What becomes of a request whose attempt failed: `later` = the attempt does not count; `again` = it does; `never` = it has failed. */
export function retryOf(
  { code, hasRun, diedWithOthers = false }: Pick<AttemptFailure, 'code' | 'hasRun' | 'diedWithOthers'>,
  attempts: number,
  { missingModel, maxAttempts }: RetryPolicy,
): 'later' | 'again' | 'never' {
  // Whose fault it was, the next attempt shows, which runs alone.
  const isBlameless = !hasRun || diedWithOthers;
  if ((REFUSALS.includes(code) && isBlameless) || (code === 'not_found' && missingModel === 'wait')) return 'later';
  return RETRIED.includes(code) && attempts < maxAttempts ? 'again' : 'never';
}

/** Whether a runner may have died of an attempt: the next ones share theirs with no other request. */
export function isSuspect({ code, hasRun }: Pick<AttemptFailure, 'code' | 'hasRun'>): boolean {
  return code === 'unavailable' && hasRun;
}

/** A request that is to be tried again. */
export interface RetriedRequest {
  /** Of those that count, the last one included. */
  readonly attempts: number;
  /** The last attempt counts. */
  readonly counts: boolean;
  /** Since the request was stored. */
  readonly ageMs: number;
  /** 0 to 1: spreads retries. */
  readonly random: number;
  readonly atLeastMs: number;
}

/** How long a request waits for its next attempt. */
export function retryWaitMs(
  { attempts, counts, ageMs, random, atLeastMs }: RetriedRequest,
  policy: Pick<RetryPolicy, 'retryBackoffMs' | 'maxRetryBackoffMs'>,
): number {
  // Refusals are not counted: the wait grows with the age of the request.
  const growing = counts ? backoffMs(attempts, policy) : Math.max(policy.retryBackoffMs, ageMs / 4);
  return Math.max(atLeastMs, Math.min(policy.maxRetryBackoffMs, growing) * (0.5 + random / 2));
}

function backoffMs(
  attempts: number,
  { retryBackoffMs, maxRetryBackoffMs }: Pick<RetryPolicy, 'retryBackoffMs' | 'maxRetryBackoffMs'>,
): number {
  return Math.min(maxRetryBackoffMs, retryBackoffMs * 2 ** Math.min(30, Math.max(0, attempts - 1)));
}
