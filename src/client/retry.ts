/** When and how often a failed request is sent again. */
export interface RetryPolicy {
  /** Sends in all, the first included; 1 = never again. Default 3. */
  readonly maxAttempts: number;
  /** Longest first wait; doubles with every further one. Default 100 ms. */
  readonly initialDelayMs: number;
  /** No wait is longer, and a longer `Retry-After` is not waited for. Default 5 s. */
  readonly maxDelayMs: number;
}

export const DEFAULT_RETRY_POLICY: RetryPolicy = { maxAttempts: 3, initialDelayMs: 100, maxDelayMs: 5_000 };

/**
 * What is known about a failed attempt: `refused` was surely not executed (never connected, or turned away with
 * `Retry-After`), `lost` may have been (broken connection, 502, 503 of a runner that died), `answered` is final.
 */
export type Failure = 'refused' | 'lost' | 'answered';

export interface RetryQuestion {
  readonly failure: Failure;
  /** Attempts made so far, at least 1. */
  readonly attempts: number;
  /** Doing it twice is the same as doing it once. */
  readonly idempotent: boolean;
  readonly retryAfterMs: number | undefined;
  /** Until the caller gives up; Infinity = never. */
  readonly remainingMs: number;
  /** 0 … 1, spreads the waits of many clients. */
  readonly jitter: number;
}

/** The wait before the next attempt in milliseconds, or undefined when there should be none. */
export function planRetry(policy: RetryPolicy, question: RetryQuestion): number | undefined {
  const { failure, attempts, retryAfterMs } = question;
  if (failure === 'answered' || (failure === 'lost' && !question.idempotent)) return undefined;
  if (attempts >= policy.maxAttempts) return undefined;
  if (retryAfterMs !== undefined && retryAfterMs > policy.maxDelayMs) return undefined;
  const ceilingMs = Math.min(policy.initialDelayMs * 2 ** (attempts - 1), policy.maxDelayMs);
  const delayMs = (retryAfterMs ?? 0) + ceilingMs * (0.5 + question.jitter / 2);
  return delayMs < question.remainingMs ? delayMs : undefined;
}

/** Error codes of Node and undici for a request that never left. */
const NEVER_SENT = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT']);

/** Whether a failed fetch surely sent nothing. Browsers do not say why a fetch failed: there it is never sure. */
export function wasNeverSent(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { readonly code?: unknown };
  return (typeof code === 'string' && NEVER_SENT.has(code)) || wasNeverSent(error.cause);
}

/** What an answer other than 2xx tells about whether the request was executed. */
export function failureOfStatus(status: number, retryAfterMs: number | undefined): Failure {
  if ((status === 503 || status === 429) && retryAfterMs !== undefined) return 'refused';
  return status === 502 || status === 503 ? 'lost' : 'answered';
}
