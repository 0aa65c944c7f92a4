import type { PageQuery, Timestamp } from './endpoint.js';

/** States of a job; the last four are final. */
export type JobState = 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled' | 'expired';

/** Why a job, or its last attempt, failed. */
export interface JobError {
  /** A code of the server's closed list; later versions may have further ones. */
  readonly code: string;
  readonly message: string;
}

/** A notification of a job's end, and how its delivery fares. */
export interface JobWebhook {
  readonly url: string;
  /** `waiting` until the job has ended; `failed`: given up. */
  readonly state: 'waiting' | 'pending' | 'delivered' | 'failed';
  /** Attempts to deliver it. */
  readonly attempts: number;
  /** Missing unless it is pending. */
  readonly next_attempt_at?: Timestamp;
  /** HTTP status of the last attempt; missing where there was no answer. */
  readonly status?: number;
  /** Why the last attempt failed. */
  readonly error?: string;
}

/** About the secret that a caller's notifications are signed with. */
export interface WebhookSecret {
  /** Missing where the caller has none. */
  readonly created_at?: Timestamp;
  /** Notifications are signed with the previous secret, too, until then. */
  readonly previous_ends_at?: Timestamp;
}

/** A new secret, which is shown this once. */
export interface ShownWebhookSecret extends WebhookSecret {
  /** In the form of Standard Webhooks: `whsec_…` */
  readonly secret: string;
}

/** A stored request, and how it fares. */
export interface Job {
  readonly id: string;
  readonly state: JobState;
  /** Changes of its state so far: id of the event that reports it. */
  readonly version: number;
  /** As the caller named it, or the model's own name. */
  readonly model: string;
  /** The caller that submitted it. */
  readonly principal: string;
  /** The protocol of its request. */
  readonly dialect: string;
  readonly method: string;
  /** Path and query of its request. */
  readonly url: string;
  readonly priority: 'normal' | 'background';
  /** Attempts that were started. */
  readonly attempts: number;
  /** At most so many of the caller's jobs start before it; missing unless it is queued. */
  readonly ahead?: number;
  readonly created_at: Timestamp;
  /** A queued job starts no earlier; missing where it may start at once. */
  readonly due_at?: Timestamp;
  /** A job that has not ended by then expires. */
  readonly expires_at: Timestamp;
  /** Of the last attempt. */
  readonly started_at?: Timestamp;
  readonly ended_at?: Timestamp;
  /** Removal of the job and its answer; missing until it has ended. */
  readonly removal_at?: Timestamp;
  /** HTTP status of its answer; missing where it has none. */
  readonly status?: number;
  readonly error?: JobError;
  readonly request_bytes: number;
  readonly answer_bytes: number;
  /** The object that its request is read from (`s3://bucket/key`); missing where it was sent. */
  readonly input?: string;
  /** The object that its answer is written to; missing where the server keeps it. */
  readonly output?: string;
  /** Missing where its end is reported to no receiver. */
  readonly webhook?: JobWebhook;
}

export interface JobPage {
  /** Newest first. */
  readonly jobs: readonly Job[];
  /** `after` of the next page; missing on the last one. */
  readonly next?: string;
}

/** A model's jobs. */
export interface JobQueue {
  readonly model: string;
  readonly queued: number;
  readonly running: number;
  /** No job, and no request of a batch, starts until the queue is resumed. */
  readonly paused: boolean;
  /** Batches that wait for the queue to be resumed. */
  readonly held_batches: number;
  /** Age of the oldest queued job; missing where none is queued. */
  readonly oldest_age_ms?: number;
}

export interface JobQueueList {
  /** By model. */
  readonly queues: readonly JobQueue[];
}

export interface JobQuery extends PageQuery {
  readonly state?: JobState;
  readonly model?: string;
  /** Jobs of all callers: needs the right `job.read`. Default: the caller's own. */
  readonly all?: boolean;
}

export interface JobEventQuery {
  /** Version of the job that is known, as the header `Last-Event-ID`; default: none, so that the first event is the job as it is. */
  readonly after?: number;
}

export interface JobEndpoints {
  'GET /jobs': { readonly query: JobQuery; readonly answer: JobPage };
  /** A {@link Job} with 202 until it has ended, then the answer of its request. */
  'GET /jobs/{job}': { readonly answer: unknown };
  'DELETE /jobs/{job}': { readonly answer: undefined };
  'GET /jobs/{job}/status': { readonly answer: Job };
  /** Answers with server-sent events whose data is this. */
  'GET /jobs/{job}/events': { readonly query: JobEventQuery; readonly answer: Job };
  'POST /jobs/{job}/cancel': { readonly answer: Job };
  'POST /jobs/{job}/retry': { readonly answer: Job };
  /** Sends the notification of its end again that was given up. */
  'POST /jobs/{job}/redeliver': { readonly answer: Job };
  'GET /job-queues': { readonly answer: JobQueueList };
  'POST /job-queues/{model}/pause': { readonly answer: JobQueue };
  'POST /job-queues/{model}/resume': { readonly answer: JobQueue };
  'GET /webhook-secret': { readonly answer: WebhookSecret };
  'POST /webhook-secret': { readonly answer: ShownWebhookSecret };
}
