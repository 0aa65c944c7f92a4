import type { Call, CallContext } from '../core/index.js';
import type { JobFilter, JobObjects, JobPriority, JobRecord, JobRequest, JobState } from '../store/index.js';
import type { StoredRequestAnswer } from '../stored-requests/index.js';
import type { NamedReceiver, ShownWebhookSecret, WebhookSecretInfo } from '../webhooks/index.js';
import type { RequestHeaders } from './job-headers.js';

export type { JobFilter, JobPriority, JobState };

/** A job as its owner sees it. All times are milliseconds since the Unix epoch. */
export interface JobInfo
  extends Omit<JobRecord, 'identity' | 'owner' | 'number' | 'request' | 'answer' | 'keepMs' | 'runTimeoutMs'> {
  readonly method: string;
  readonly url: string;
  /** Status of its answer; undefined = it has none. */
  readonly status: number | undefined;
  /** Jobs of its queue that are ahead of it, about; undefined = it is not queued. */
  readonly ahead: number | undefined;
}

/** What a caller asks of a job, besides its request. All durations are milliseconds. */
export interface JobWishes {
  readonly priority?: JobPriority | undefined;
  /** Milliseconds since the Unix epoch. */
  readonly notBeforeMs?: number | undefined;
  /** From the submission on. Default and at most: `jobs.maxAgeMs`. */
  readonly expiresInMs?: number | undefined;
  /** After its end. Default and at most: `jobs.keepMs`. */
  readonly keepMs?: number | undefined;
  readonly idempotencyKey?: string | undefined;
  /** Default: its end is reported to no receiver. */
  readonly webhook?: NamedReceiver | undefined;
}

/** A request that was checked, to be run later. */
export interface JobSubmission extends JobWishes {
  /** As the caller named it, or the model's own name. */
  readonly model: string;
  readonly dialect: string;
  readonly request: JobRequest;
  readonly body: Uint8Array;
  /** Objects in place of bodies, given the id of the job. The caller needs each of them in `jobs.inputs.allow` or `jobs.outputs.allow`. */
  readonly objects?: ((id: string) => JobObjects) | undefined;
  /** Longest time of an attempt. Default and at most: `jobs.runTimeoutMs`. */
  readonly runTimeoutMs?: number | undefined;
}

/** An HTTP request that is to be run later, as it came. */
export interface LaterRequest<Answer> {
  readonly dialect: string;
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: RequestHeaders;
  readonly body: Uint8Array;
  /** Where the headers name none. Default: background. */
  readonly priority?: JobPriority;
  /** Answers the request at once; of one that is stored, as far as its inference. */
  readonly answer: () => Answer | Promise<Answer>;
}

/** `answer`: the request has turned out to be answered without an inference that could be stored. */
export type LaterOutcome<Answer> = { readonly job: JobInfo } | { readonly answer: Answer };

export interface JobResult {
  readonly info: JobInfo;
  /** undefined = it has none: it has not ended, or ended without one. */
  readonly answer: StoredRequestAnswer | undefined;
}

/** Jobs of a model. */
export interface JobQueue {
  readonly model: string;
  readonly queued: number;
  readonly running: number;
  readonly paused: boolean;
  /** Batches that wait for the model to be resumed. */
  readonly heldBatches: number;
  /** Age of the oldest job that is due and waits for its turn, about; 0 where none is. */
  readonly oldestMs: number;
}

/** For metrics. */
export interface JobGauges {
  readonly queues: readonly JobQueue[];
  /** Of requests and answers. */
  readonly storedBytes: number;
  /** Notifications that are not delivered yet, about. */
  readonly pendingWebhooks: number;
}

export interface JobPage {
  readonly jobs: readonly JobInfo[];
  /** For the next page; undefined = it is the last one. */
  readonly next: string | undefined;
}

export interface JobListing extends JobFilter {
  /** Those of all owners, for callers with `job.read`. Default: the caller's own. */
  readonly everyones?: boolean;
  readonly after?: string | undefined;
  /** Default: 20. */
  readonly limit?: number;
}

/**
 * Asynchronous inference. A job belongs to the owner of the principal that has submitted it; what belongs to others is `not_found`, but for
 * callers with the right `job.read`, `job.change` or `job.answer` on its model. All reject with MillraceError: `not_found` for an unknown id,
 * {@link JobGone} for the id of a job that has been removed, {@link JobElsewhere} for one of another server.
 */
export interface JobUseCases {
  /** Whether jobs can be submitted here. */
  readonly enabled: boolean;
  /**
   * Stores a request; resolves once it is durable. Rejects with `permission_denied` where the caller may not name an object of it,
   * with `unavailable` and a time to retry where the caller has too many, with
   * `failed_precondition` ({@link KeyConflict}) where the idempotency key was used for another request.
   */
  submit(call: CallContext, submission: JobSubmission): Promise<JobInfo>;
  /**
   * Checks an HTTP request as far as its inference, and stores it with what its headers ask of its job (see `readJobHeaders`). Rejects as its
   * `answer` does, and as {@link JobUseCases.submit}.
   */
  submitRequest<Answer>(call: Call, request: LaterRequest<Answer>): Promise<LaterOutcome<Answer>>;
  /** The job once it has ended, or as it is after `waitMs`, or when the call is cancelled. */
  settled(call: Call, id: string, waitMs: number): Promise<JobInfo>;
  /**
   * The job as it is, unless its version is `after`, and after each change of its state, until it has ended, the call is cancelled or the server
   * ends; undefined = nothing has changed for a while. Rejects with `resource_exhausted` where the caller follows too many.
   */
  follow(call: Call, id: string, after: number | undefined): AsyncIterable<JobInfo | undefined>;
  get(call: CallContext, id: string): Promise<JobInfo>;
  /** The job and its answer; needs `job.answer` where it is another's. */
  result(call: CallContext, id: string): Promise<JobResult>;
  list(call: CallContext, listing: JobListing): Promise<JobPage>;
  /** `failed_precondition` where it has ended otherwise. */
  cancel(call: CallContext, id: string): Promise<JobInfo>;
  /** Queues a job again that has failed, was cancelled or has expired. `failed_precondition` for others. */
  retry(call: CallContext, id: string): Promise<JobInfo>;
  /** Sends the notification of its end again that was given up. `failed_precondition` where there is none. */
  redeliver(call: CallContext, id: string): Promise<JobInfo>;
  /** Removes a job that has ended. `failed_precondition` for others. */
  remove(call: CallContext, id: string): Promise<void>;
  /** Queues of the models on which the caller has `job.read`. */
  queues(call: CallContext): Promise<readonly JobQueue[]>;
  /** Starts no further job of the model until it is resumed; also after the server has started again. */
  pause(call: CallContext, model: string): Promise<JobQueue>;
  resume(call: CallContext, model: string): Promise<JobQueue>;
  /** About the secret that the caller's notifications are signed with; undefined = there is none yet. */
  webhookSecret(call: CallContext): Promise<WebhookSecretInfo | undefined>;
  /** A new secret, which is shown this once; the one before is valid for `jobs.webhooks.secretOverlapMs`. Needs the right `model.infer`. */
  rotateWebhookSecret(call: CallContext): Promise<ShownWebhookSecret>;
}
