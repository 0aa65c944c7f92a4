import type { JobRecord } from '../../src/store/index.js';

/** A job as it is stored, with these fields. */
export function jobRecord(fields: Partial<JobRecord> = {}): JobRecord {
  return {
    id: 'j',
    number: 1,
    model: 'm',
    owner: 'key:a',
    principal: 'a',
    identity: '{"kind":"key","name":"a","ownerId":"key:a","groups":[]}',
    priority: 'background',
    dialect: 'oip',
    request: { method: 'POST', url: '/v2/models/m/infer', headers: {} },
    createdAtMs: 0,
    notBeforeMs: 0,
    deadlineMs: 86_400_000,
    keepMs: 86_400_000,
    state: 'queued',
    version: 0,
    webhook: undefined,
    attempts: 0,
    requestBytes: 10,
    startedAtMs: undefined,
    endedAtMs: undefined,
    removeAtMs: undefined,
    errorCode: undefined,
    errorMessage: undefined,
    answer: undefined,
    answerBytes: 0,
    ...fields,
  };
}
