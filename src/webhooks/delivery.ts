import type { JobWebhook, WebhookTransition } from '../store/index.js';

/** How an attempt to deliver a notification ended. */
export type AttemptOutcome =
  /** A status 2xx. */
  | { readonly kind: 'accepted'; readonly status: number }
  /** 410: the receiver wants no more notifications. */
  | { readonly kind: 'gone'; readonly status: number }
  /** Another status. */
  | { readonly kind: 'refused'; readonly status: number; readonly retryAfterMs: number | undefined }
  /** No answer. */
  | { readonly kind: 'unreachable'; readonly message: string }
  /** It may not be sent, and could not later: settings have changed. */
  | { readonly kind: 'forbidden'; readonly message: string };

export interface DeliveryPolicy {
  readonly maxAttempts: number;
  readonly retryBackoffMs: number;
  readonly maxRetryBackoffMs: number;
}

export interface DeliveryMoment {
  /** Milliseconds since the Unix epoch. */
  readonly nowMs: number;
  /** 0 to 1: spreads attempts. */
  readonly random: number;
  /** When the job ended. */
  readonly endedAtMs: number;
  readonly policy: DeliveryPolicy;
}

type Next = WebhookTransition['to'];

/** What an attempt makes of a pending notification. */
export function nextDelivery(
  { attempts: before, maxAgeMs }: Pick<JobWebhook, 'attempts' | 'maxAgeMs'>,
  outcome: AttemptOutcome,
  { nowMs, random, endedAtMs, policy }: DeliveryMoment,
): Next {
  const attempts = before + 1;
  const status = 'status' in outcome ? outcome.status : undefined;
  if (outcome.kind === 'accepted')
    return { state: 'delivered', attempts, dueAtMs: undefined, status, error: undefined };
  const error = reasonOf(outcome);
  const given = { attempts, status, error };
  if (outcome.kind === 'gone' || outcome.kind === 'forbidden') return { ...given, state: 'failed', dueAtMs: undefined };
  const waitMs = Math.min(
    policy.maxRetryBackoffMs,
    Math.max(backoffMs(before, policy) * (0.5 + random / 2), askedMs(outcome)),
  );
  const dueAtMs = Math.ceil(nowMs + waitMs);
  if (attempts >= policy.maxAttempts || dueAtMs > endedAtMs + maxAgeMs) {
    return { ...given, state: 'failed', dueAtMs: undefined, error: `${error}; given up after ${times(attempts)}` };
  }
  return { ...given, state: 'pending', dueAtMs };
}

function backoffMs(attemptsBefore: number, { retryBackoffMs, maxRetryBackoffMs }: DeliveryPolicy): number {
  return Math.min(maxRetryBackoffMs, retryBackoffMs * 2 ** Math.min(30, attemptsBefore));
}

function askedMs(outcome: AttemptOutcome): number {
  return outcome.kind === 'refused' ? (outcome.retryAfterMs ?? 0) : 0;
}

function reasonOf(outcome: Exclude<AttemptOutcome, { readonly kind: 'accepted' }>): string {
  switch (outcome.kind) {
    case 'gone':
      return 'the receiver answered 410: it takes no more notifications';
    case 'refused':
      return outcome.status >= 300 && outcome.status < 400
        ? `the receiver answered ${outcome.status}: redirects are not followed`
        : `the receiver answered ${outcome.status}`;
    case 'unreachable':
    case 'forbidden':
      return outcome.message;
    default:
      return outcome satisfies never;
  }
}

function times(attempts: number): string {
  return attempts === 1 ? '1 attempt' : `${attempts} attempts`;
}
