import type { JobRecord } from '../store/index.js';
import type { Lanes } from './lanes.js';
import type { JobInfo } from './types.js';

/** A job as its owner sees it. */
export function describeJob(record: JobRecord, lanes: Pick<Lanes, 'queuedIn'>): JobInfo {
  const { request, answer, state } = record;
  return {
    id: record.id,
    model: record.model,
    priority: record.priority,
    principal: record.principal,
    dialect: record.dialect,
    method: request.method,
    url: request.url,
    objects: record.objects,
    state,
    version: record.version,
    attempts: record.attempts,
    createdAtMs: record.createdAtMs,
    notBeforeMs: record.notBeforeMs,
    deadlineMs: record.deadlineMs,
    startedAtMs: record.startedAtMs,
    endedAtMs: record.endedAtMs,
    removeAtMs: record.removeAtMs,
    errorCode: record.errorCode,
    errorMessage: record.errorMessage,
    status: answer?.status,
    requestBytes: record.requestBytes,
    answerBytes: record.answerBytes,
    webhook: record.webhook,
    ahead: state === 'queued' ? Math.max(0, lanes.queuedIn(record) - 1) : undefined,
  };
}
