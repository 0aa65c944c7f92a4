/** `waiting`: the job has not ended. `pending`: it is to be delivered. `delivered`, `failed`: final, unless the job is retried. */
export type WebhookState = 'waiting' | 'pending' | 'delivered' | 'failed';

/** Envelope of a notification: Standard Webhooks, or CloudEvents 1.0 in structured mode. */
export type WebhookFormat = 'standard' | 'cloudevents';

/** The receiver that a job's end is reported to. */
export interface NewWebhook {
  readonly url: string;
  readonly format: WebhookFormat;
  /** The notification has the job's answer. */
  readonly includesAnswer: boolean;
  /** How long after the job's end its delivery is attempted; the job is kept as long. */
  readonly maxAgeMs: number;
}

/** A notification of a job's end, and how its delivery fares. Times are milliseconds since the Unix epoch. */
export interface JobWebhook extends NewWebhook {
  readonly state: WebhookState;
  /** Attempts to deliver it. */
  readonly attempts: number;
  /** Of the next attempt; undefined unless it is pending. */
  readonly dueAtMs: number | undefined;
  /** HTTP status of the last attempt; undefined = there was none, or no answer. */
  readonly status: number | undefined;
  /** Why the last attempt failed. */
  readonly error: string | undefined;
}

/** Host and port of a receiver, as lanes name it. */
export function hostOfWebhook({ url }: Pick<NewWebhook, 'url'>): string {
  return new URL(url).host;
}
