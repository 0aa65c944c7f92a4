import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/support/fake-clock.js';
import { jobsFixture } from '../../test/support/jobs-fixture.js';
import { until } from '../../test/support/until.js';
import { MillraceError } from '../core/index.js';
import type { AnswerRequest } from '../stored-requests/index.js';

const OK = {
  answer: { status: 200, headers: { 'content-type': 'text/plain' }, body: Buffer.from('good') },
  error: undefined,
  hasRun: true,
};
const BOOM = {
  answer: { status: 500, headers: {}, body: Buffer.from('bad') },
  error: new MillraceError('internal', 'boom'),
  hasRun: true,
};

/** Answers nothing until its signal says so. */
const untilAborted: AnswerRequest = (_request, { signal }) =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
  });

describe('a clock that is set', () => {
  it('forward starts a job whose time has come by it', async () => {
    const clock = new FakeClock();
    const { submit, ended } = await jobsFixture({ answer: async () => OK, clock });
    const job = await submit({ notBeforeMs: clock.wallNow() + 3_600_000 });
    clock.wallOffsetMs = 3_600_000;
    await clock.advance(5_000);
    expect(await ended(job)).toMatchObject({ state: 'succeeded' });
  });

  it('back lets a job wait for its time, and for its next attempt, by the time of day', async () => {
    const clock = new FakeClock();
    let failures = 1;
    const { submit, ended, cases, call, given } = await jobsFixture({
      answer: async () => (failures-- > 0 ? BOOM : OK),
      clock,
    });
    const job = await submit();
    await until('it waits for its next attempt', async () => {
      const { state, attempts } = await cases.get(call, job.id);
      return state === 'queued' && attempts === 1;
    });
    clock.wallOffsetMs = -60_000;
    await clock.advance(30_000);
    expect(given).toHaveLength(1);
    await clock.advance(35_000);
    expect(await ended(job)).toMatchObject({ state: 'succeeded', attempts: 2 });
  });

  it('back does not end a job that runs, nor let it run for longer than it may', async () => {
    const clock = new FakeClock();
    const { submit, ended, cases, call, given } = await jobsFixture({ answer: untilAborted, clock });
    const job = await submit({ expiresInMs: 60_000 });
    await until('it runs', () => given.length === 1);
    clock.wallOffsetMs = -86_400_000;
    await clock.advance(59_000);
    expect(await cases.get(call, job.id)).toMatchObject({ state: 'running' });
    await clock.advance(1_000);
    expect(await ended(job)).toMatchObject({ state: 'expired' });
  });
});

it('fails a job of a token whose groups may have changed', async () => {
  const { submit, ended } = await jobsFixture({
    answer: async () => OK,
    kind: 'oidc',
    options: { identityMaxAgeMs: 1 },
  });
  const job = await submit({ notBeforeMs: Date.now() + 50 });
  expect(await ended(job)).toMatchObject({
    state: 'failed',
    errorMessage: "the job of 'oidc:corp/ada' did not start within jobs.identityMaxAgeMs: its groups may have changed",
  });
});

describe('a job of a token that ends', () => {
  it('fails where it has not started by then, also at its next attempt', async () => {
    const clock = new FakeClock();
    const { submit, ended, given } = await jobsFixture({
      answer: async () => {
        clock.wallOffsetMs = 60_000;
        return BOOM;
      },
      kind: 'oidc',
      endsAtMs: clock.wallNow() + 60_000,
      clock,
    });
    const job = await submit();
    await until('the first attempt has ended', () => given.length === 1);
    const failed = ended(job);
    await clock.advance(5_000);
    expect(await failed).toMatchObject({
      state: 'failed',
      errorCode: 'unauthenticated',
      errorMessage: `the job of 'oidc:corp/ada' did not start before its token ended, at ${new Date(clock.epochMs + 61_000).toISOString()}`,
    });
    expect(given).toHaveLength(1);
  });

  it('is refused where it could not start before', async () => {
    const endsAtMs = Date.now() + 60_000;
    const { submit } = await jobsFixture({ answer: async () => OK, kind: 'oidc', endsAtMs });
    const notBeforeMs = endsAtMs + 1;
    await expect(submit({ notBeforeMs })).rejects.toMatchObject({
      code: 'invalid_argument',
      message: `the job would start at ${new Date(notBeforeMs).toISOString()}, and the credential of 'oidc:corp/ada' ends before, at ${new Date(endsAtMs).toISOString()}`,
    });
  });
});
