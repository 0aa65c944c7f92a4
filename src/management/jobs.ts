import type { Encoded, Job, JobEndpoints, JobQueue } from '../api/index.js';
import { JOB_ENDPOINTS } from '../api/schemas/index.js';
import { type Clock, invalidArgument } from '../core/index.js';
import { emptyResponse, type Route, type WireResponse } from '../protocols/index.js';
import {
  delivered,
  type JobInfo,
  type JobListing,
  type JobResult,
  type JobUseCases,
  type JobQueue as KnownQueue,
} from '../service/index.js';
import { JOB_STATES, type JobState } from '../store/index.js';
import { readPreferences } from '../text/index.js';
import { createEndpointRoutes } from './endpoint-route.js';
import { readFlag, readPage, timeOf } from './read-request.js';

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
    async 'POST /jobs/{job}/cancel'(call, { params: { job } }) {
      return { body: encode(await jobs.cancel(call, job)) };
    },
    async 'POST /jobs/{job}/retry'(call, { params: { job } }) {
      return { body: encode(await jobs.retry(call, job)) };
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
  });
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

function encodeJob(info: JobInfo, nowMs: number): Encoded<Job> {
  const { id, state, model, principal, dialect, method, url, priority, attempts, ahead, status } = info;
  const isDelayed = state === 'queued' && info.notBeforeMs > nowMs;
  return {
    id,
    state,
    model,
    principal,
    dialect,
    method,
    url,
    priority,
    attempts,
    ahead,
    created_at: timeOf(info.createdAtMs),
    due_at: isDelayed ? timeOf(info.notBeforeMs) : undefined,
    expires_at: timeOf(info.deadlineMs),
    started_at: timeOf(info.startedAtMs),
    ended_at: timeOf(info.endedAtMs),
    removal_at: timeOf(info.removeAtMs),
    status,
    error: encodeFailure(info),
    request_bytes: info.requestBytes,
    answer_bytes: info.answerBytes,
    input: info.objects?.input,
    output: info.objects?.output,
  };
}

function encodeFailure({ errorCode: code, errorMessage: message = '' }: JobInfo): Encoded<Job['error']> {
  return code === undefined ? undefined : { code, message };
}

function encodeQueue({ model, queued, running, paused, oldestMs }: KnownQueue): Encoded<JobQueue> {
  return { model, queued, running, paused, oldest_age_ms: queued === 0 ? undefined : Math.round(oldestMs) };
}
