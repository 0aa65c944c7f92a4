import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { jobsFixture, SUBMISSION } from '../../test/support/jobs-fixture.js';
import { openTestStore, storeFolder } from '../../test/support/store.js';
import { until } from '../../test/support/until.js';
import { MillraceError } from '../core/index.js';

const OK = {
  answer: { status: 200, headers: { 'content-type': 'text/plain' }, body: Buffer.from('good') },
  error: undefined,
  hasRun: true,
};
const failing = (error: MillraceError, status = 500) => ({
  answer: { status, headers: {}, body: Buffer.from('bad') },
  error,
  hasRun: false,
});

describe('a job', () => {
  it('runs for its caller, and keeps its answer', async () => {
    const { cases, call, submit, ended, given } = await jobsFixture({ answer: async () => OK });
    const job = await submit();
    expect(job).toMatchObject({ state: 'queued', model: 'm', principal: 'ada', attempts: 0, ahead: 0 });
    expect(await ended(job)).toMatchObject({ state: 'succeeded', attempts: 1, status: 200, answerBytes: 4 });
    const { answer } = await cases.result(call, job.id);
    expect(answer).toMatchObject({ status: 200, headers: { 'content-type': 'text/plain' } });
    expect(String(Buffer.from(answer?.body ?? []))).toBe('good');
    expect(given[0]?.how).toMatchObject({
      identity: { kind: 'key', name: 'ada' },
      priority: 'background',
      limitMs: 3_600_000,
    });
    expect(Buffer.from(given[0]?.request.body ?? []).toString()).toBe('{"inputs":[]}');
  });

  it('is tried again after a failure of its model, and failed after the last attempt', async () => {
    const { submit, ended, given } = await jobsFixture({
      answer: async () => failing(new MillraceError('internal', 'boom')),
    });
    const job = await submit();
    expect(await ended(job)).toMatchObject({
      state: 'failed',
      attempts: 3,
      errorCode: 'internal',
      errorMessage: 'boom',
      status: 500,
    });
    expect(given).toHaveLength(3);
  });

  it('fails at once where its caller has no access any more', async () => {
    const lost = new MillraceError('unauthenticated', "the key 'ada' does not hold any more");
    const { submit, ended, given } = await jobsFixture({ answer: () => Promise.reject(lost) });
    const job = await submit();
    expect(await ended(job)).toMatchObject({ state: 'failed', errorCode: 'unauthenticated', status: undefined });
    expect(given).toHaveLength(1);
  });

  it('waits while it is refused before a model runs it, without counting attempts', async () => {
    let refusals = 5;
    const busy = new MillraceError('unavailable', 'the queue is full');
    const { submit, ended } = await jobsFixture({ answer: async () => (refusals-- > 0 ? failing(busy, 503) : OK) });
    expect(await ended(await submit())).toMatchObject({ state: 'succeeded', attempts: 1 });
    expect(refusals).toBe(-1);
  });

  it('does not start before its time', async () => {
    const { submit, ended } = await jobsFixture({ answer: async () => OK });
    const job = await submit({ notBeforeMs: Date.now() + 150 });
    const { startedAtMs = 0 } = await ended(job);
    expect(startedAtMs).toBeGreaterThanOrEqual(job.notBeforeMs);
  });

  it('expires at its deadline while it runs, which ends its attempt', async () => {
    const { submit, ended, given } = await jobsFixture({ answer: untilAborted });
    const job = await submit({ expiresInMs: 100 });
    expect(await ended(job)).toMatchObject({
      state: 'expired',
      errorMessage: 'the job did not end before its deadline',
    });
    await until('the attempt is aborted', () => given[0]?.how.signal.aborted === true);
  });

  it('is cancelled while it waits, and while it runs', async () => {
    const { cases, call, submit, given } = await jobsFixture({ answer: untilAborted, options: { concurrency: 1 } });
    const running = await submit();
    const waiting = await submit();
    await until('one runs', () => given.length === 1);
    expect(await cases.cancel(call, waiting.id)).toMatchObject({
      state: 'cancelled',
      errorMessage: "cancelled by 'key:ada'",
    });
    expect(await cases.cancel(call, running.id)).toMatchObject({ state: 'cancelled' });
    expect(given[0]?.how.signal.aborted).toBe(true);
    await expect(cases.cancel(call, running.id)).rejects.toThrow(
      `job '${running.id}' is cancelled and cannot be cancelled`,
    );
  });

  it('is repeated on request, as if it were new', async () => {
    let isBroken = true;
    const wrong = new MillraceError('invalid_argument', 'no');
    const { cases, call, submit, ended } = await jobsFixture({
      answer: async () => (isBroken ? failing(wrong, 400) : OK),
    });
    const job = await submit();
    expect(await ended(job)).toMatchObject({ state: 'failed', status: 400 });
    isBroken = false;
    expect((await cases.retry(call, job.id)).status).toBeUndefined();
    expect(await ended(job)).toMatchObject({ state: 'succeeded', attempts: 1 });
    await expect(cases.retry(call, job.id)).rejects.toThrow(`job '${job.id}' is succeeded and cannot be retried`);
  });

  it('is removed once it has ended, and known as gone', async () => {
    const { cases, call, submit, ended } = await jobsFixture({ answer: async () => OK });
    const job = await submit();
    await ended(job);
    await cases.remove(call, job.id);
    await expect(cases.get(call, job.id)).rejects.toThrow(`job '${job.id}' was removed`);
    await expect(cases.get(call, 'nonsense')).rejects.toThrow("there is no job 'nonsense'");
  });

  it('belongs to its owner: for others it is not there, but for those with rights on its model', async () => {
    const { cases, callOf, submit, ended } = await jobsFixture({ answer: async () => OK });
    const job = await submit();
    await ended(job);
    await expect(cases.get(callOf('bob', 'caller'), job.id)).rejects.toThrow(`there is no job '${job.id}'`);
    const operator = callOf('olga', 'operator');
    expect(await cases.get(operator, job.id)).toMatchObject({ state: 'succeeded' });
    await expect(cases.result(operator, job.id)).rejects.toThrow("'key:olga' lacks the right 'job.answer' on 'm'");
    expect((await cases.result(callOf('eve', 'admin'), job.id)).answer?.status).toBe(200);
    expect((await cases.list(operator, {})).jobs).toEqual([]);
    expect((await cases.list(operator, { everyones: true })).jobs).toHaveLength(1);
    await expect(cases.list(callOf('bob', 'caller'), { everyones: true })).rejects.toThrow(
      "lacks the right 'job.read'",
    );
  });
});

describe('bounds', () => {
  it('count a job that is removed once, however many ask for it', async () => {
    const { cases, call, jobs, submit, ended } = await jobsFixture({ answer: async () => OK });
    const [job, kept] = [await submit(), await submit()];
    await ended(job);
    await ended(kept);
    const { storedBytes } = jobs.gauges();
    const asked = await Promise.allSettled(Array.from({ length: 20 }, () => cases.remove(call, job.id)));
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(jobs.gauges().storedBytes).toBe(storedBytes / 2);
  });

  it('fail a job whose answer there is no room for', async () => {
    const large = { ...OK, answer: { ...OK.answer, body: Buffer.alloc(2_000_000) } };
    const options = { maxBytesPerPrincipal: 1_048_576 };
    const { submit, ended } = await jobsFixture({ answer: async () => large, options });
    expect(await ended(await submit())).toMatchObject({
      state: 'failed',
      errorCode: 'failed_precondition',
      errorMessage:
        'the answer of 2000000 bytes exceeds what is left to the caller (jobs.maxBytesPerPrincipal, jobs.maxBytes)',
    });
  });

  it('are no reason to refuse a submission that was accepted before', async () => {
    const { submit } = await jobsFixture({ answer: untilAborted, options: { maxOpenPerPrincipal: 1 } });
    const job = await submit({ idempotencyKey: 'k' });
    expect((await submit({ idempotencyKey: 'k' })).id).toBe(job.id);
    await expect(submit({ idempotencyKey: 'l' })).rejects.toThrow('jobs.maxOpenPerPrincipal');
  });

  it('hold for headers, and for times that no job can have', async () => {
    const { submit } = await jobsFixture({ answer: async () => OK });
    const headers = { 'user-agent': 'u'.repeat(3_000) };
    const request = { method: 'POST', url: '/v2/models/m/infer', headers };
    await expect(submit({ request })).rejects.toThrow(
      /^URL, headers and objects of a job: expected at most 2048 bytes, got 3\d\d\d$/,
    );
    await expect(submit({ notBeforeMs: 8e15 })).rejects.toThrow('the job would start at');
  });

  it('hold for jobs that are repeated', async () => {
    const { cases, call, submit, given } = await jobsFixture({
      answer: untilAborted,
      options: { maxOpenPerPrincipal: 1 },
    });
    const first = await submit();
    await until('it runs', () => given.length === 1);
    await cases.cancel(call, first.id);
    await submit();
    await expect(cases.retry(call, first.id)).rejects.toThrow('jobs.maxOpenPerPrincipal');
  });
});

it('starts each of several jobs that come one shortly after the other', async () => {
  const { submit, ended } = await jobsFixture({ answer: async () => OK });
  for (let round = 0; round < 30; round++) {
    const jobs = await Promise.all(Array.from({ length: 1 + (round % 5) }, () => submit()));
    for (const job of jobs) expect((await ended(job)).state).toBe('succeeded');
  }
});

describe('submissions', () => {
  it('are the same job where they have the same idempotency key, and refused where the request differs', async () => {
    const { submit } = await jobsFixture({ answer: async () => OK });
    const job = await submit({ idempotencyKey: 'k' });
    expect((await submit({ idempotencyKey: 'k' })).id).toBe(job.id);
    await expect(submit({ idempotencyKey: 'k', body: Buffer.from('other') })).rejects.toThrow(
      `idempotency-key 'k' was used for another request, job '${job.id}': send another key`,
    );
    expect((await submit({ idempotencyKey: 'l' })).id).not.toBe(job.id);
  });

  it('are refused where a caller has too many open, which leaves room for others', async () => {
    const { submit, cases, callOf } = await jobsFixture({ answer: untilAborted, options: { maxOpenPerPrincipal: 2 } });
    await submit();
    await submit();
    await expect(submit()).rejects.toThrow('the caller has 2 jobs that have not ended (jobs.maxOpenPerPrincipal)');
    await cases.submit(callOf('bob', 'caller'), SUBMISSION);
  });

  it('are refused by a server whose store another process writes', async () => {
    const path = `${await storeFolder()}/store.db`;
    const first = await jobsFixture({ answer: async () => OK, store: await openTestStore({ path }) });
    await first.ended(await first.submit());
    const other = await jobsFixture({ answer: async () => OK, store: await openTestStore({ path }) });
    await expect(other.submit()).rejects.toThrow(expect.objectContaining({ code: 'unavailable' }));
  });
});

describe('a server', () => {
  it('runs no more jobs at once than it may, of all models and of each', async () => {
    const options = { concurrency: 3, concurrencyPerModel: 2 };
    const { submit, jobs, given } = await jobsFixture({ answer: untilAborted, options });
    for (let index = 0; index < 4; index++) await submit();
    await until('two run', () => given.length === 2);
    await submit({ model: 'n' });
    await submit({ model: 'n' });
    await until('three run', () => given.length === 3);
    expect(jobs.queue('m')).toMatchObject({ queued: 2, running: 2 });
    expect(jobs.queue('n')).toMatchObject({ queued: 1, running: 1 });
  });

  it('starts no job of a model that is paused, also after it has started again', async () => {
    const store = await openTestStore();
    const first = await jobsFixture({ answer: async () => OK, store });
    const olga = first.callOf('olga', 'operator');
    expect(await first.cases.pause(olga, 'm')).toMatchObject({ model: 'm', paused: true });
    const job = await first.submit();
    await first.jobs.close();
    const second = await jobsFixture({ answer: async () => OK, store });
    expect(await second.cases.queues(olga)).toMatchObject([{ model: 'm', queued: 1, running: 0, paused: true }]);
    expect(second.given).toEqual([]);
    await second.cases.resume(olga, 'm');
    expect(await second.ended(job)).toMatchObject({ state: 'succeeded' });
  });

  it('keeps all models that are paused, whichever is paused at the same time or after a restart', async () => {
    const store = await openTestStore();
    const first = await jobsFixture({ answer: async () => OK, store });
    const olga = first.callOf('olga', 'operator');
    await Promise.all([first.cases.pause(olga, 'm'), first.cases.pause(olga, 'n')]);
    await first.jobs.close();
    const second = await jobsFixture({ answer: async () => OK, store });
    await second.cases.pause(olga, 'o');
    const paused = (await second.cases.queues(olga)).map(({ model }) => model);
    expect(paused).toEqual(['m', 'n', 'o']);
  });

  it('ends waits for jobs when it stops, and when their caller has left', async () => {
    const { jobs, cases, call, callOf, submit } = await jobsFixture({ answer: untilAborted });
    const job = await submit();
    const leaving = callOf('ada', 'caller');
    const given = [cases.settled(leaving, job.id, 3_600_000), cases.settled(call, job.id, 3_600_000)];
    leaving.cancel(new MillraceError('cancelled', 'the client is gone'));
    expect((await given[0])?.endedAtMs).toBeUndefined();
    jobs.stop();
    expect((await given[1])?.endedAtMs).toBeUndefined();
    expect((await cases.settled(call, job.id, 3_600_000)).id).toBe(job.id);
  });

  it('queues jobs again that run when it ends, and the next one runs them', async () => {
    const store = await openTestStore();
    const first = await jobsFixture({ answer: untilAborted, store });
    const job = await first.submit();
    await until('it runs', () => first.given.length === 1);
    await first.jobs.close();
    expect(await store.jobs.get(job.id)).toMatchObject({ state: 'queued', attempts: 0, errorCode: undefined });
    const second = await jobsFixture({ answer: async () => OK, store });
    expect(await second.ended(job)).toMatchObject({ state: 'succeeded', attempts: 1 });
  });

  it('counts attempts that a crash has ended', async () => {
    const store = await openTestStore();
    const first = await jobsFixture({ answer: async () => OK, store });
    const olga = first.callOf('olga', 'operator');
    await first.cases.pause(olga, 'm');
    const job = await first.submit();
    await first.jobs.close();
    await store.jobs.claim({ model: 'm', owner: 'key:ada', priority: 'background' }, { limit: 1, nowMs: Date.now() });
    const second = await jobsFixture({ answer: async () => OK, store });
    expect(await second.cases.get(olga, job.id)).toMatchObject({
      state: 'queued',
      attempts: 1,
      errorMessage: 'the server ended while the job ran (once)',
    });
  });

  it('removes jobs whose time is over', async () => {
    const { cases, call, submit, ended } = await jobsFixture({ answer: async () => OK });
    const job = await submit({ keepMs: 1 });
    await ended(job);
    const removed = until('it is removed', () => cases.get(call, job.id).then(() => false));
    await expect(removed).rejects.toThrow(`job '${job.id}' was removed`);
  });
});

it('counts the end of a job whose write was repeated, as the reply of the store was lost', async () => {
  const store = await openTestStore();
  const change = vi.spyOn(store.jobs, 'change');
  change.mockImplementationOnce(async (transition) => {
    await store.jobs.change(transition);
    throw new MillraceError('unavailable', 'the reply was lost');
  });
  const { jobs, submit, ended } = await jobsFixture({
    answer: async () => OK,
    store,
    options: { maxOpenPerPrincipal: 1 },
  });
  expect(await ended(await submit())).toMatchObject({ state: 'succeeded' });
  await until('the worker is free', () => jobs.worker.runningOf('m') === 0);
  expect(await submit()).toMatchObject({ state: 'queued' });
});

/** Answers nothing until its signal says so. */
function untilAborted(_request: unknown, { signal }: { readonly signal: AbortSignal }): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
    onTestFinished(() => reject(new MillraceError('cancelled', 'the test is over')));
  });
}
