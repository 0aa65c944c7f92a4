import type { Encoded, Job, JobEndpoints, JobQueue, ShownWebhookSecret, WebhookSecret } from '../api/index.js';
import { JOB_ENDPOINTS } from '../api/schemas/index.js';
import { type Clock, invalidArgument } from '../core/index.js';
import { emptyResponse, type Route, type WireResponse } from '../protocols/index.js';
import {
  delivered,
  encodeJob,
  type JobInfo,
  type JobListing,
  type JobResult,
  type JobUseCases,
  type JobQueue as KnownQueue,
  type WebhookSecretInfo,
} from '../service/index.js';
import { JOB_STATES, type JobState } from '../store/index.js';
import { readPreferences, timeOf } from '../text/index.js';
import { createEndpointRoutes, unstored } from './endpoint-route.js';
import { EVENT_STREAM_HEADERS, GREETING, HEARTBEAT, readEventId, writeEvent } from './event-stream.js';
import { readFlag, readPage } from './read-request.js';

/** Names the state of a job in answers that are otherwise those of its request. */
const STATE_HEADER = 'x-millrace-job';
/** In seconds. */
const RETRY_AFTER = '1';

/** Jobs: requests that are stored and run later. */
export function createJobRoutes(jobs: JobUseCases, clock: Clock): readonly Route[] {
  const encode = (info: JobInfo) => encodeJob(info, clock.wallNow());
  return createEndpointRoutes<JobEndpoints>(JOB_ENDPOINTS, {
    async 'GET /jobs'(call, { query }) {
      const { jobs: found, next } = await jobs.list(call, readListing(query));
      return { body: { jobs: found.map(encode), next } };
    },
    async 'GET /jobs/{job}'(call, { params: { job }, headers }) {
      const { waitMs } = readPreferences(headers.prefer);
      const info = await jobs.settled(call, job, waitMs ?? 0);
      const applied = appliedWait(waitMs);
      if (info.endedAtMs === undefined) return { other: answerAccepted(encode(info), applied) };
      const result = await jobs.result(call, job);
      // It may be queued again meanwhile.
      const hasEnded = result.info.endedAtMs !== undefined;
      return { other: hasEnded ? answerResult(result, applied) : answerAccepted(encode(result.info), applied) };
    },
    async 'DELETE /jobs/{job}'(call, { params: { job } }) {
      await jobs.remove(call, job);
      return { other: emptyResponse() };
    },
    async 'GET /jobs/{job}/status'(call, { params: { job }, headers }) {
      const { waitMs } = readPreferences(headers.prefer);
      return { body: encode(await jobs.settled(call, job, waitMs ?? 0)), headers: appliedWait(waitMs) };
    },
    async 'GET /jobs/{job}/events'(call, { params: { job }, query, headers }) {
      const after = readVersion(readEventId(headers) ?? query.get('after') ?? undefined);
      const { endedAtMs, version } = await jobs.get(call, job);
      // Browsers come back after any other answer.
      if (endedAtMs !== undefined && after !== undefined && after >= version) {
        return { other: { status: 204, headers: {}, body: '' } };
      }
      const stream = writeChanges(jobs.follow(call, job, after), encode);
      return { other: { status: 200, headers: EVENT_STREAM_HEADERS, stream } };
    },
    async 'POST /jobs/{job}/cancel'(call, { params: { job } }) {
      return { body: encode(await jobs.cancel(call, job)) };
    },
    async 'POST /jobs/{job}/retry'(call, { params: { job } }) {
      return { body: encode(await jobs.retry(call, job)) };
    },
    async 'POST /jobs/{job}/redeliver'(call, { params: { job } }) {
      return { body: encode(await jobs.redeliver(call, job)) };
    },
    async 'GET /job-queues'(call) {
      return { body: { queues: (await jobs.queues(call)).map(encodeQueue) } };
    },
    async 'POST /job-queues/{model}/pause'(call, { params: { model } }) {
      return { body: encodeQueue(await jobs.pause(call, model)) };
    },
    async 'POST /job-queues/{model}/resume'(call, { params: { model } }) {
      return { body: encodeQueue(await jobs.resume(call, model)) };
    },
    async 'GET /webhook-secret'(call) {
      return unstored<WebhookSecret>(encodeSecret(await jobs.webhookSecret(call)));
    },
    async 'POST /webhook-secret'(call) {
      const { secret, ...info } = await jobs.rotateWebhookSecret(call);
      return unstored<ShownWebhookSecret>({ secret, ...encodeSecret(info) });
    },
  });
}

async function* writeChanges(
  changes: AsyncIterable<JobInfo | undefined>,
  encode: (info: JobInfo) => Encoded<Job>,
): AsyncGenerator<string> {
  let greeting = GREETING;
  for await (const info of changes) {
    yield greeting + (info === undefined ? HEARTBEAT : writeEvent(info.version, encode(info)));
    greeting = '';
  }
}

function readVersion(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw invalidArgument(`after: expected the version of a job, got '${text.slice(0, 80)}'`);
}

function encodeSecret(info: WebhookSecretInfo | undefined): Encoded<WebhookSecret> {
  return {
    created_at: timeOf(info?.createdAtMs),
    previous_ends_at: timeOf(info?.previousEndsAtMs),
  };
}

type Headers = Readonly<Record<string, string>>;

function appliedWait(waitMs: number | undefined): Headers {
  return waitMs === undefined ? {} : { 'preference-applied': `wait=${waitMs / 1_000}` };
}

function answerAccepted(job: Encoded<Job>, applied: Headers): WireResponse {
  const headers = { 'content-type': 'application/json', 'retry-after': RETRY_AFTER, [STATE_HEADER]: job.state };
  return { status: 202, headers: { ...headers, ...applied }, body: JSON.stringify(job) };
}

function answerResult(result: JobResult, applied: Headers): WireResponse {
  const { status, headers, body } = delivered(result);
  return { status, headers: { ...headers, ...applied, [STATE_HEADER]: result.info.state }, body };
}

function readListing(query: URLSearchParams): JobListing {
  const model = query.get('model') ?? undefined;
  return { ...readPage(query), state: readState(query), model, everyones: readFlag(query, 'all') };
}

function readState(query: URLSearchParams): JobState | undefined {
  const text = query.get('state');
  if (text === null) return undefined;
  const state = JOB_STATES.find((known) => known === text);
  if (state !== undefined) return state;
  throw invalidArgument(`state: expected ${JOB_STATES.join(', ')}, got '${text.slice(0, 80)}'`);
}

function encodeQueue(queue: KnownQueue): Encoded<JobQueue> {
  const { model, queued, running, paused, heldBatches, oldestMs } = queue;
  const oldest = queued === 0 ? undefined : Math.round(oldestMs);
  return { model, queued, running, paused, held_batches: heldBatches, oldest_age_ms: oldest };
}
