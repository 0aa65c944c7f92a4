import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jobRecord } from '../../test/support/jobs.js';
import { ERROR_CODES } from '../core/index.js';
import { JOB_STATES, type JobRecord, type JobTransition } from '../store/index.js';
import { hasEnded, type JobEvent, type JobPolicy, transitionOf } from './machine.js';

const POLICY: JobPolicy = {
  maxAttempts: 3,
  retryBackoffMs: 1_000,
  maxRetryBackoffMs: 60_000,
  missingModel: 'fail',
  maxAgeMs: 86_400_000,
};
const AT = { nowMs: 10_000, random: 1, policy: POLICY };
const ANSWER = { status: 200, headers: { 'content-type': 'application/json' } };
const WRONG = { status: 500, headers: {} };

const failure = (code: (typeof ERROR_CODES)[number], retryAfterMs?: number, hasRun = false): JobEvent => ({
  kind: 'failed',
  failure: { code, message: 'it failed', retryAfterMs, hasRun },
  answer: WRONG,
});

const running = (attempts = 1) => jobRecord({ state: 'running', attempts });

const next = (job: JobRecord, event: JobEvent, at = AT): JobTransition['to'] | undefined =>
  transitionOf(job, event, at)?.to;

describe('a job that runs', () => {
  it('succeeds with its answer', () => {
    expect(transitionOf(running(2), { kind: 'answered', answer: ANSWER }, AT)).toEqual({
      id: 'j',
      from: { state: 'running', attempts: 2 },
      to: { state: 'succeeded', endedAtMs: 10_000, errorCode: undefined, errorMessage: undefined, answer: ANSWER },
    });
  });

  it.each(['invalid_argument', 'permission_denied', 'unauthenticated', 'unimplemented', 'not_found'] as const)(
    'fails at once by %s, which no further attempt would change',
    (code) => {
      expect(next(running(), failure(code))).toEqual({
        state: 'failed',
        endedAtMs: 10_000,
        errorCode: code,
        errorMessage: 'it failed',
        answer: WRONG,
      });
    },
  );

  it('is tried again after a failure of its model, later each time, and fails with the last attempt', () => {
    expect(next(running(1), failure('internal'))).toMatchObject({ state: 'queued', attempts: 1, notBeforeMs: 11_000 });
    expect(next(running(2), failure('internal'))).toMatchObject({ state: 'queued', attempts: 2, notBeforeMs: 12_000 });
    expect(next(running(3), failure('internal'))).toMatchObject({
      state: 'failed',
      errorCode: 'internal',
      answer: WRONG,
    });
  });

  it('waits as long as it is refused before a model runs it, and the attempt does not count', () => {
    for (const code of ['unavailable', 'resource_exhausted', 'quota_exceeded'] as const) {
      expect(next(running(7), failure(code))).toMatchObject({
        state: 'queued',
        attempts: 6,
        errorCode: code,
        answer: undefined,
      });
    }
  });

  it('waits longer between refusals the longer it has been there', () => {
    const old = jobRecord({ state: 'running', attempts: 1, createdAtMs: -30_000 });
    expect(next(old, failure('unavailable'))).toMatchObject({ notBeforeMs: 20_000 });
    const older = jobRecord({ state: 'running', attempts: 1, createdAtMs: -10_000_000 });
    expect(next(older, failure('unavailable'))).toMatchObject({ notBeforeMs: 70_000 });
  });

  it('counts an attempt whose runner has died under it, and is no refusal then', () => {
    expect(next(running(1), failure('unavailable', undefined, true))).toMatchObject({ state: 'queued', attempts: 1 });
    expect(next(running(3), failure('unavailable', undefined, true))).toMatchObject({ state: 'failed' });
  });

  it('waits at least as long as a refusal says', () => {
    expect(next(running(), failure('quota_exceeded', 45_000))).toMatchObject({ notBeforeMs: 55_000 });
  });

  it('spreads retries over half of the wait', () => {
    expect(next(running(), failure('internal'), { ...AT, random: 0 })).toMatchObject({ notBeforeMs: 10_500 });
  });

  it('waits for its model where the settings say so', () => {
    const at = { ...AT, policy: { ...POLICY, missingModel: 'wait' as const } };
    expect(next(running(5), failure('not_found'), at)).toMatchObject({ state: 'queued', attempts: 4 });
  });

  it('is queued as before when the server shuts down', () => {
    const job = jobRecord({ state: 'running', attempts: 2, notBeforeMs: 77 });
    const to = next(job, { kind: 'interrupted', by: 'shutdown' });
    expect(to).toMatchObject({ state: 'queued', attempts: 1, notBeforeMs: 77, errorCode: undefined });
  });

  it('counts an attempt that a crash has ended, as it may have caused it', () => {
    const crash: JobEvent = { kind: 'interrupted', by: 'crash' };
    expect(next(running(1), crash)).toMatchObject({ state: 'queued', attempts: 1 });
    expect(next(running(3), crash)).toMatchObject({
      state: 'failed',
      errorMessage: 'the server ended while the job ran (3 times)',
    });
  });
});

describe('a job that has ended', () => {
  const ended = jobRecord({ state: 'failed', attempts: 3, createdAtMs: 1_000, deadlineMs: 5_000 });

  it('is queued again on request as if it were new', () => {
    const to = next(ended, { kind: 'retried' });
    expect(to).toMatchObject({
      state: 'queued',
      attempts: 0,
      notBeforeMs: 10_000,
      deadlineMs: 14_000,
      endedAtMs: undefined,
    });
  });

  it('is not repeated where it has succeeded', () => {
    expect(transitionOf(jobRecord({ state: 'succeeded' }), { kind: 'retried' }, AT)).toBeUndefined();
  });
});

const EVENTS: fc.Arbitrary<JobEvent> = fc.oneof(
  fc.constant<JobEvent>({ kind: 'answered', answer: ANSWER }),
  fc.constantFrom(...ERROR_CODES).map((code) => failure(code)),
  fc.constantFrom<JobEvent>({ kind: 'interrupted', by: 'shutdown' }, { kind: 'interrupted', by: 'crash' }),
  fc.constantFrom<JobEvent>({ kind: 'cancelled', by: 'key:a' }, { kind: 'expired' }, { kind: 'retried' }),
);

/** A job as the store has it after a transition, or after a claim. */
function applied(job: JobRecord, { to }: JobTransition): JobRecord {
  const { attempts = job.attempts, notBeforeMs = job.notBeforeMs, deadlineMs = job.deadlineMs, ...rest } = to;
  return { ...job, ...rest, attempts, notBeforeMs, deadlineMs };
}

describe('the machine, whatever happens', () => {
  it('ends each job at most once, and never loses an answer', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(EVENTS, fc.boolean()), { maxLength: 40 }), (steps) => {
        let job = jobRecord({ state: 'queued' });
        let nowMs = 0;
        for (const [event, claims] of steps) {
          nowMs += 1_000;
          if (claims && job.state === 'queued') job = { ...job, state: 'running', attempts: job.attempts + 1 };
          const transition = transitionOf(job, event, { ...AT, nowMs });
          if (transition === undefined) continue;
          expect(transition.from).toEqual({ state: job.state, attempts: job.attempts });
          if (hasEnded(job)) expect(event.kind).toBe('retried');
          const after = applied(job, transition);
          expect(JOB_STATES).toContain(after.state);
          expect(hasEnded(after)).toBe(after.endedAtMs !== undefined);
          expect(after.state === 'succeeded').toBe(after.answer?.status === 200);
          expect(after.attempts).toBeGreaterThanOrEqual(0);
          if (after.state === 'queued') expect(after.answer).toBeUndefined();
          // A job whose attempts count runs no more often than the settings allow.
          if (event.kind === 'failed' && event.failure.code === 'internal' && after.state === 'queued') {
            expect(after.attempts).toBeLessThan(POLICY.maxAttempts);
          }
          job = after;
        }
      }),
    );
  });
});
