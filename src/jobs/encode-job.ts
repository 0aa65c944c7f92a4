import type { Encoded, Job, JobWebhook } from '../api/index.js';
import { timeOf } from '../text/index.js';
import type { JobInfo } from './types.js';

/** A job as the server's own API and notifications have it. */
export function encodeJob(info: JobInfo, nowMs: number): Encoded<Job> {
  const { id, state, model, principal, dialect, method, url, priority, attempts, ahead, status } = info;
  const isDelayed = state === 'queued' && info.notBeforeMs > nowMs;
  return {
    id,
    state,
    version: info.version,
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
    webhook: encodeWebhook(info),
  };
}

function encodeFailure({ errorCode: code, errorMessage: message = '' }: JobInfo): Encoded<Job['error']> {
  return code === undefined ? undefined : { code, message };
}

function encodeWebhook({ webhook }: JobInfo): Encoded<JobWebhook> | undefined {
  if (webhook === undefined) return undefined;
  const { url, state, attempts, dueAtMs, status, error } = webhook;
  return { url, state, attempts, next_attempt_at: timeOf(dueAtMs), status, error };
}
