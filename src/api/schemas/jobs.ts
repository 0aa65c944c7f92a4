import { Type } from '@sinclair/typebox';
import type {
  Job,
  JobEndpoints,
  JobError,
  JobPage,
  JobQueue,
  JobQueueList,
  JobWebhook,
  ShownWebhookSecret,
  WebhookSecret,
} from '../jobs.js';
import { Count, LIMIT, oneOf, parameter, Time, timeFor } from './common.js';
import type { EndpointSpecs } from './endpoint-spec.js';
import { ApiErrorSchema } from './errors.js';
import { schemaOf } from './schema-of.js';

const State = oneOf('queued', 'running', 'succeeded', 'failed', 'cancelled', 'expired');

const JobErrorSchema = schemaOf<JobError>()(
  Type.Object(
    { code: Type.String(), message: Type.String() },
    { description: 'Why the job, or its last attempt, failed.' },
  ),
);

const JobWebhookSchema = schemaOf<JobWebhook>()(
  Type.Object(
    {
      url: Type.String(),
      state: oneOf('waiting', 'pending', 'delivered', 'failed'),
      attempts: Type.Integer({ minimum: 0, description: 'Attempts to deliver it.' }),
      next_attempt_at: Type.Optional(timeFor('Missing unless it is pending.')),
      status: Type.Optional(
        Type.Integer({ description: 'HTTP status of the last attempt; missing where there was no answer.' }),
      ),
      error: Type.Optional(Type.String({ description: 'Why the last attempt failed.' })),
    },
    { description: "The notification of the job's end; missing where it is reported to no receiver." },
  ),
);

const SECRET = {
  created_at: Type.Optional(timeFor('Missing where the caller has none.')),
  previous_ends_at: Type.Optional(timeFor('Notifications are signed with the previous secret, too, until then.')),
};
const WebhookSecretSchema = schemaOf<WebhookSecret>()(Type.Object(SECRET));
const ShownWebhookSecretSchema = schemaOf<ShownWebhookSecret>()(
  Type.Object({ secret: Type.String({ description: 'In the form of Standard Webhooks: `whsec_…`' }), ...SECRET }),
);

const JobSchema = schemaOf<Job>()(
  Type.Object({
    id: Type.String(),
    state: State,
    version: Type.Integer({ minimum: 0, description: 'Changes of its state so far: id of the event that reports it.' }),
    model: Type.String({ description: "As the caller named it, or the model's own name." }),
    principal: Type.String({ description: 'The caller that submitted it.' }),
    dialect: Type.String({ description: 'The protocol of its request.' }),
    method: Type.String(),
    url: Type.String({ description: 'Path and query of its request.' }),
    priority: oneOf('normal', 'background'),
    attempts: Type.Integer({ minimum: 0, description: 'Attempts that were started.' }),
    ahead: Type.Optional(
      Type.Integer({
        minimum: 0,
        description: "At most so many of the caller's jobs start before it; missing unless it is queued.",
      }),
    ),
    created_at: Time,
    due_at: Type.Optional(timeFor('A queued job starts no earlier; missing where it may start at once.')),
    expires_at: timeFor('A job that has not ended by then expires.'),
    started_at: Type.Optional(timeFor('Of the last attempt.')),
    ended_at: Type.Optional(Time),
    removal_at: Type.Optional(timeFor('Removal of the job and its answer; missing until it has ended.')),
    status: Type.Optional(Type.Integer({ description: 'HTTP status of its answer; missing where it has none.' })),
    error: Type.Optional(JobErrorSchema),
    request_bytes: Count,
    answer_bytes: Count,
    input: Type.Optional(
      Type.String({
        description: 'The object that its request is read from (`s3://bucket/key`); missing where it was sent.',
      }),
    ),
    output: Type.Optional(
      Type.String({ description: 'The object that its answer is written to; missing where the server keeps it.' }),
    ),
    webhook: Type.Optional(JobWebhookSchema),
  }),
);

const JobPageSchema = schemaOf<JobPage>()(
  Type.Object({
    jobs: Type.Array(JobSchema, { description: 'Newest first.' }),
    next: Type.Optional(Type.String({ description: '`after` of the next page; missing on the last one.' })),
  }),
);

const JobQueueSchema = schemaOf<JobQueue>()(
  Type.Object({
    model: Type.String(),
    queued: Count,
    running: Count,
    paused: Type.Boolean({ description: 'No job, and no request of a batch, starts until the queue is resumed.' }),
    held_batches: Type.Integer({ minimum: 0, description: 'Batches that wait for the queue to be resumed.' }),
    oldest_age_ms: Type.Optional(
      Type.Integer({ minimum: 0, description: 'Age of the oldest queued job; missing where none is queued.' }),
    ),
  }),
);
const JobQueueListSchema = schemaOf<JobQueueList>()(Type.Object({ queues: Type.Array(JobQueueSchema) }));

const failure = (description: string) => ({ description, schema: ApiErrorSchema });
/** Of a path with the id of a job. */
const errors = {
  410: failure('The job was removed'),
  421: failure('The job is of another server: each server knows the jobs of its own store'),
};

const tag = 'jobs';
const look = { tag, control: false } as const;

/** Jobs: requests that are stored and run later. */
export const JOB_ENDPOINTS: EndpointSpecs<JobEndpoints> = {
  'GET /jobs': {
    ...look,
    summary: "List the caller's jobs, newest first",
    query: {
      state: parameter('Jobs in this state.', State),
      model: parameter('Jobs of this model.'),
      all: parameter('Jobs of all callers: needs the right `job.read`. Default: false.', { type: 'boolean' }),
      limit: LIMIT,
      after: parameter('`next` of the page before.'),
    },
    answer: JobPageSchema,
  },
  'GET /jobs/{job}': {
    ...look,
    summary: 'Get the answer of a job',
    description:
      'Until the job has ended: 202 with the job, and `Retry-After`. Then the answer that its request would have got at once: its status, headers ' +
      'and body. A job that failed with 429 or 5xx, or has no answer, is answered with 424 and the reason. The header `x-millrace-job` names the state.',
    waits: true,
    accepted: JobSchema,
    errors: {
      ...errors,
      424: failure("The job has no answer, or one of 429 or 5xx: the answer's `error` says why, its `job` the status"),
    },
    answer: Type.Unknown({ description: "The answer of the job's request." }),
    mediaTypes: ['*/*'],
  },
  'DELETE /jobs/{job}': {
    ...look,
    summary: 'Remove a job that has ended, with its request and its answer',
    errors,
  },
  'GET /jobs/{job}/status': { ...look, summary: 'Get the state of a job', waits: true, errors, answer: JobSchema },
  'GET /jobs/{job}/events': {
    ...look,
    summary: 'Stream changes of a job until it has ended',
    description:
      'The first event is the job as it is. A reader that comes back with `Last-Event-ID` gets the job where it has changed since; 204 where it ' +
      'had ended then. A slow reader may miss states in between, and never the last one.',
    query: { after: parameter('Version of the job that is known. Default: none.', { type: 'integer' }) },
    errors,
    events: JobSchema,
  },
  'POST /jobs/{job}/cancel': { ...look, summary: 'Cancel a job that has not ended', errors, answer: JobSchema },
  'POST /jobs/{job}/retry': {
    ...look,
    summary: 'Retry a job that failed, expired or was cancelled',
    errors,
    answer: JobSchema,
  },
  'POST /jobs/{job}/redeliver': {
    ...look,
    summary: 'Retry the notification of a job that was given up',
    errors,
    answer: JobSchema,
  },
  'GET /job-queues': {
    ...look,
    summary: "List models' queues of jobs: models on which the caller has the right `job.read`",
    answer: JobQueueListSchema,
  },
  'POST /job-queues/{model}/pause': {
    tag,
    control: true,
    summary: 'Pause a queue: no further job of the model starts, also after a restart of the server',
    answer: JobQueueSchema,
  },
  'POST /job-queues/{model}/resume': { tag, control: true, summary: 'Resume a queue', answer: JobQueueSchema },
  'GET /webhook-secret': {
    ...look,
    summary: "Get the state of the caller's webhook secret, without the secret",
    answer: WebhookSecretSchema,
  },
  'POST /webhook-secret': {
    ...look,
    summary: "Create or rotate the caller's webhook secret, which is shown this once",
    description:
      'After a rotation, notifications are signed with the previous secret, too, for `jobs.webhooks.secretOverlapMs`.',
    answer: ShownWebhookSecretSchema,
  },
};
