import type { JobWebhook, NewWebhook } from './webhooks.js';

/** States of a job, in the order in which it may pass through them; the last four are final. */
export const JOB_STATES = ['queued', 'running', 'succeeded', 'failed', 'cancelled', 'expired'] as const;

export type JobState = (typeof JOB_STATES)[number];

export type JobPriority = 'normal' | 'background';

/** The HTTP request of a job, without its body. */
export interface JobRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  /** By lower-case name; none of them is a credential. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Objects (`s3://bucket/key`) that have the bodies of a job in place of the store. */
export interface JobObjects {
  /** The body of the request, which is read when the job runs. */
  readonly input?: string;
  /** The body of the answer is written there before the job has succeeded. */
  readonly output?: string;
  /** Why the job failed, was cancelled or has expired is written there. */
  readonly failure?: string;
}

/** How a job was answered, without the body. */
export interface JobAnswerHead {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Jobs that are claimed together: of one model, owner and priority. */
export interface JobLane {
  readonly model: string;
  /** {@link Principal.ownerId}. */
  readonly owner: string;
  readonly priority: JobPriority;
}

/** What is known of a job from its submission on. All times are milliseconds since the Unix epoch. */
export interface NewJob extends JobLane {
  readonly id: string;
  /** Name of the principal. */
  readonly principal: string;
  /** JSON of the caller, by which it is recalled when the job runs. */
  readonly identity: string;
  /** Of the dialect whose route it is for. */
  readonly dialect: string;
  readonly request: JobRequest;
  /** undefined = its bodies are in the store. */
  readonly objects?: JobObjects | undefined;
  /** Longest time of an attempt, where the caller has asked for one. */
  readonly runTimeoutMs?: number | undefined;
  readonly createdAtMs: number;
  /** It does not start before. */
  readonly notBeforeMs: number;
  /** It expires then, where it has not ended. */
  readonly deadlineMs: number;
  /** How long it is kept once it has ended. */
  readonly keepMs: number;
  /** undefined = its end is reported to no receiver. */
  readonly webhook?: NewWebhook | undefined;
}

/** A job without the bodies of its request and its answer. */
export interface JobRecord extends NewJob {
  /** Grows with each submission. */
  readonly number: number;
  readonly state: JobState;
  /** Changes of its state since its submission. */
  readonly version: number;
  readonly webhook: JobWebhook | undefined;
  /** Times that it has been started. */
  readonly attempts: number;
  readonly requestBytes: number;
  /** Of the last start. */
  readonly startedAtMs: number | undefined;
  readonly endedAtMs: number | undefined;
  /** It is removed then; undefined = it has not ended. */
  readonly removeAtMs: number | undefined;
  /** Code of the error by which it, or its last attempt, ended. */
  readonly errorCode: string | undefined;
  readonly errorMessage: string | undefined;
  /** undefined = it has none. */
  readonly answer: JobAnswerHead | undefined;
  readonly answerBytes: number;
}

/** A job that was started, with the body of its request. */
export interface ClaimedJob {
  readonly record: JobRecord;
  /** undefined = its file is missing or truncated. */
  readonly body: Uint8Array | undefined;
}

export interface IdempotencyKey {
  /** Unique for an owner and route. */
  readonly key: string;
  /** Method and path of the request. */
  readonly route: string;
  /** SHA-256 of method, URL and body, in hexadecimal. */
  readonly digest: string;
  /** The key may be used again for another request then. */
  readonly expiresAtMs: number;
}

/**
 * - `submitted`: the job is stored.
 * - `known`: the owner has sent the same request with the same key before; `record` is that job, undefined where it has been removed.
 * - `conflict`: the key was used for another request.
 */
export type Submission =
  | { readonly kind: 'submitted'; readonly record: JobRecord }
  | { readonly kind: 'known'; readonly id: string; readonly record: JobRecord | undefined }
  | { readonly kind: 'conflict'; readonly id: string };

/** A transition: applied where the job still has this state and this number of attempts. */
export interface JobTransition {
  readonly id: string;
  readonly from: Pick<JobRecord, 'state' | 'attempts'>;
  readonly to: {
    readonly state: JobState;
    /** Default: unchanged. */
    readonly attempts?: number;
    /** Default: unchanged. */
    readonly notBeforeMs?: number;
    readonly deadlineMs?: number;
    /** undefined = it has not ended. */
    readonly endedAtMs: number | undefined;
    readonly errorCode: string | undefined;
    readonly errorMessage: string | undefined;
    readonly answer: JobAnswerHead | undefined;
  };
  /** Body of the answer. */
  readonly answerBody?: Uint8Array;
  /** The job has a webhook: an end makes its notification pending, and a retry withdraws one that is. Default: false. */
  readonly notifies?: boolean;
}

export interface JobFilter {
  /** undefined = any. */
  readonly owner?: string | undefined;
  readonly state?: JobState | undefined;
  readonly model?: string | undefined;
}

/** What is stored of a lane. */
export interface LaneTotals extends JobLane {
  readonly queued: number;
  /** `createdAtMs` of the oldest that is queued. */
  readonly oldestAtMs: number;
  /** The body of one of them may be in a file: it is large. */
  readonly hasFiles: boolean;
}

/** What an owner has stored. */
export interface OwnerTotals {
  readonly owner: string;
  /** Jobs that have not ended. */
  readonly open: number;
  /** All its jobs. */
  readonly jobs: number;
  /** Bodies of requests and answers of all its jobs. */
  readonly bytes: number;
}

export interface JobTotals {
  readonly lanes: readonly LaneTotals[];
  readonly owners: readonly OwnerTotals[];
}

/** A job that was removed, or has expired, and how it was before. */
export type ChangedJob = Pick<
  JobRecord,
  'id' | 'number' | 'model' | 'owner' | 'priority' | 'principal' | 'state' | 'requestBytes' | 'answerBytes'
> & {
  /** Host of its receiver; null = it has none. */
  readonly webhookHost: string | null;
};

export interface ChangedJobs {
  readonly jobs: readonly ChangedJob[];
  /** There are more: repeat it. */
  readonly hasMore: boolean;
}

/**
 * Jobs, durable with their bodies: each promise of a change resolves once it is on the disk. Bodies above 32 KiB are files beside the
 * store, named by their SHA-256 and synchronised before the row that names them is; files without a row are removed at the start.
 */
export interface JobRecords {
  submit(job: NewJob, body: Uint8Array, idempotency?: IdempotencyKey): Promise<Submission>;
  /** The job of an idempotency key that is in use; undefined = it may be used. */
  earlier(
    owner: string,
    key: IdempotencyKey,
    nowMs: number,
  ): Promise<Exclude<Submission, { readonly kind: 'submitted' }> | undefined>;
  get(id: string): Promise<JobRecord | undefined>;
  /** By number, newest first, from the first one below `before` (undefined = all). */
  list(
    filter: JobFilter,
    page: { readonly before: number | undefined; readonly limit: number },
  ): Promise<readonly JobRecord[]>;
  /** Starts jobs of a lane that are due, oldest first: they are `running` with one attempt more. */
  claim(lane: JobLane, options: { readonly limit: number; readonly nowMs: number }): Promise<readonly ClaimedJob[]>;
  /** Whether it was applied. */
  change(transition: JobTransition): Promise<boolean>;
  /** The body of the answer; undefined = there is no such job, or it has no answer. */
  answerBody(id: string): Promise<Uint8Array | undefined>;
  /** Jobs that are `running`, in order of number, from the first one above `after`: at the start, those that were interrupted. */
  running(after: number, limit: number): Promise<readonly JobRecord[]>;
  totals(): Promise<JobTotals>;
  /** When the next queued job of each lane is due that is not due now; undefined = there is none. */
  nextDueMs(nowMs: number): Promise<number | undefined>;
  /** Ends queued jobs whose deadline has passed (state `expired`). At most 1,000 at a time. */
  expire(nowMs: number, error: Pick<JobRecord, 'errorCode' | 'errorMessage'>): Promise<ChangedJobs>;
  /** Removes jobs whose time has come, with their files. At most 1,000 at a time. */
  prune(nowMs: number): Promise<ChangedJobs>;
  /** Removes a job that has ended, so that nothing of it can be read from the disk. False where there is none, or it has not ended. */
  remove(id: string): Promise<boolean>;
  /** Removes files of bodies that no job has: those of a process that ended between two steps. */
  sweep(): Promise<void>;
}
