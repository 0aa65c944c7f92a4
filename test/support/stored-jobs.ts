import type { JobRecord, JobTransition, NewJob, NewWebhook } from '../../src/store/index.js';

export const LANE = { model: 'fraud', owner: 'key-1', priority: 'normal' } as const;
/** When {@link newJob} is submitted. */
export const NOW_MS = 1_700_000_000_000;

/** A job that may start at once, expires after 10 s and is kept for 1 s. */
export function newJob(id: string, changes: Partial<NewJob> = {}): NewJob {
  return {
    ...LANE,
    id,
    principal: 'ann',
    identity: '{"kind":"key"}',
    dialect: 'oip',
    request: { method: 'POST', url: '/v2/models/fraud/infer?x=é', headers: { 'content-type': 'application/json' } },
    createdAtMs: NOW_MS,
    notBeforeMs: NOW_MS,
    deadlineMs: NOW_MS + 10_000,
    keepMs: 1_000,
    ...changes,
  };
}

/** A receiver, tried for 5 s after the job's end. */
export const WEBHOOK: NewWebhook = {
  url: 'https://hooks.example/jobs',
  format: 'standard',
  includesAnswer: true,
  maxAgeMs: 5_000,
};

/** The end of a job that runs. */
export function succeed({ id, state, attempts }: JobRecord, answerBody: Uint8Array): JobTransition {
  const answer = { status: 200, headers: { 'content-type': 'text/plain' } };
  const to = { endedAtMs: NOW_MS + 500, errorCode: undefined, errorMessage: undefined, answer };
  return { id, from: { state, attempts }, to: { ...to, state: 'succeeded' }, answerBody };
}

/** Bytes of so many characters that are found again. */
export function bytesOf(text: string, sizeBytes = text.length): Uint8Array {
  return new TextEncoder().encode(text.repeat(Math.ceil(sizeBytes / text.length)).slice(0, sizeBytes));
}
