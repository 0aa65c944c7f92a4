import { describe, expect, it } from 'vitest';
import { JOBS_OPTIONS, jobsFixture } from '../../test/support/jobs-fixture.js';
import { MemoryObjects } from '../../test/support/memory-objects.js';
import { openTestStore } from '../../test/support/store.js';
import { until } from '../../test/support/until.js';
import { EventBus, MillraceError } from '../core/index.js';
import { ObjectStoreError } from '../object-store/index.js';
import type { AnswerRequest } from '../stored-requests/index.js';
import { ObjectBodies } from './object-bodies.js';
import type { JobsOptions } from './options.js';

const ADA = { principal: 'key:ada', prefixes: ['s3://bucket/ada/'] };
const RULES: Partial<JobsOptions> = {
  inputs: { ...JOBS_OPTIONS.inputs, allow: [ADA], maxBytes: 1_000 },
  outputs: { allow: [ADA] },
};
const INPUT = 's3://bucket/ada/in.json';
const namesFor = (id: string) => ({
  input: INPUT,
  output: `s3://bucket/ada/${id}.out`,
  failure: `s3://bucket/ada/${id}-error.out`,
});
const LOST = new ObjectStoreError('unavailable', 'the store cannot answer now', { status: 503, storeCode: 'SlowDown' });

/** Answers with the request's body. */
const echo: AnswerRequest = async ({ body, headers }) => ({
  answer: { status: 200, headers: { 'content-type': headers['content-type'] ?? 'none' }, body },
  error: undefined,
  hasRun: true,
});
const broken: AnswerRequest = async () => ({
  answer: { status: 500, headers: { 'content-type': 'text/plain' }, body: Buffer.from('boom, as the dialect says it') },
  error: new MillraceError('internal', 'boom'),
  hasRun: true,
});

async function fixture({
  answer = echo,
  options = {},
}: {
  answer?: AnswerRequest;
  options?: Partial<JobsOptions>;
} = {}) {
  const objects = new MemoryObjects();
  objects.set(INPUT, '{"x":1}', 'application/x-in');
  return { objects, ...(await jobsFixture({ answer, objects, options: { ...RULES, ...options } })) };
}

describe('a job with objects', () => {
  it('reads its request when it runs, and writes its answer before it has succeeded', async () => {
    const { objects, submit, ended, cases, call, given } = await fixture();
    const job = await submit({
      objects: namesFor,
      body: new Uint8Array(),
      request: { method: 'POST', url: '/x', headers: {} },
    });
    expect(job.objects).toEqual(namesFor(job.id));
    expect(await ended(job)).toMatchObject({ state: 'succeeded', status: 200 });
    expect(given[0]?.request.headers).toEqual({ 'content-type': 'application/x-in' });
    expect(objects.objects.get(`s3://bucket/ada/${job.id}.out`)).toMatchObject({ contentType: 'application/x-in' });
    expect(objects.text(`s3://bucket/ada/${job.id}.out`)).toBe('{"x":1}');
    expect(objects.objects.size).toBe(2);
    const { answer } = await cases.result(call, job.id);
    expect(JSON.parse(Buffer.from(answer?.body ?? []).toString())).toEqual({
      output: `s3://bucket/ada/${job.id}.out`,
      bytes: 7,
    });
  });

  it('sends its own content type in place of the object’s', async () => {
    const { submit, ended, given } = await fixture();
    await ended(await submit({ objects: namesFor, body: new Uint8Array(), runTimeoutMs: 5_000 }));
    expect(given[0]?.request.headers).toEqual({ 'content-type': 'application/json' });
    expect(given[0]?.how.limitMs).toBe(5_000);
  });

  it('writes why it was cancelled', async () => {
    const { objects, submit, cases, call } = await fixture();
    const job = await submit({ objects: namesFor, notBeforeMs: Date.now() + 60_000 });
    await cases.cancel(call, job.id);
    const failure = `s3://bucket/ada/${job.id}-error.out`;
    await until('it is written', () => objects.objects.has(failure));
    const error = { code: 'cancelled', message: "cancelled by 'key:ada'" };
    expect(JSON.parse(objects.text(failure) ?? '')).toEqual({ error });
  });

  it('writes that it has expired, while it ran and while it waited', async () => {
    const answer: AnswerRequest = (_, { signal }) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    const { objects, submit } = await fixture({ answer, options: { concurrency: 1 } });
    const jobs = [
      await submit({ objects: namesFor, expiresInMs: 50 }),
      await submit({ objects: namesFor, expiresInMs: 100, notBeforeMs: Date.now() + 90 }),
    ];
    for (const { id } of jobs) {
      const failure = `s3://bucket/ada/${id}-error.out`;
      await until('it is written', () => objects.objects.has(failure));
      const error = { code: 'deadline_exceeded', message: 'the job did not end before its deadline' };
      expect(JSON.parse(objects.text(failure) ?? '')).toEqual({ error });
    }
  });

  it('writes why it has failed: its answer', async () => {
    const { objects, submit, ended } = await fixture({ answer: broken, options: { maxAttempts: 2 } });
    const job = await submit({ objects: namesFor });
    expect(await ended(job)).toMatchObject({ state: 'failed', attempts: 2, errorMessage: 'boom' });
    const failure = `s3://bucket/ada/${job.id}-error.out`;
    expect(objects.text(failure)).toBe('boom, as the dialect says it');
    expect(objects.objects.get(failure)?.contentType).toBe('text/plain');
    expect(objects.asked.filter((url) => url === failure)).toHaveLength(1);
  });

  it('fails where its object is missing, and says so there', async () => {
    const { objects, submit, ended, given } = await fixture({ options: { missingModel: 'wait' } });
    objects.objects.delete(INPUT);
    const job = await submit({ objects: namesFor });
    const errorMessage = `${INPUT}: there is no such object`;
    expect(await ended(job)).toMatchObject({ state: 'failed', errorCode: 'failed_precondition', errorMessage });
    expect(JSON.parse(objects.text(`s3://bucket/ada/${job.id}-error.out`) ?? '')).toEqual({
      error: { code: 'failed_precondition', message: errorMessage },
    });
    expect(given).toEqual([]);
  });

  it('fails where its object is too large', async () => {
    const { objects, submit, ended } = await fixture();
    objects.set(INPUT, 'x'.repeat(1_001));
    expect(await ended(await submit({ objects: namesFor }))).toMatchObject({
      state: 'failed',
      errorMessage: `'${INPUT}' has 1001 bytes; at most 1000 are read (jobs.inputs.maxBytes)`,
    });
  });

  it('runs again where its answer cannot be written, and fails after the last attempt', async () => {
    const { objects, submit, ended, given } = await fixture({ options: { maxAttempts: 2 } });
    objects.failures.push(LOST);
    expect(await ended(await submit({ objects: namesFor }))).toMatchObject({ state: 'succeeded', attempts: 2 });
    objects.failures.push(LOST, LOST);
    expect(await ended(await submit({ objects: namesFor }))).toMatchObject({
      state: 'failed',
      attempts: 2,
      errorCode: 'unavailable',
      errorMessage: 'the answer could not be written: the store cannot answer now',
    });
    expect(given).toHaveLength(4);
  });

  it('says nothing of the address of its store, which the log has, once until it works again', async () => {
    const { objects, submit, ended, diagnostics } = await fixture({ options: { maxAttempts: 1 } });
    const refused = new MillraceError('unavailable', 'http://10.0.0.1:9000 does not answer: ECONNREFUSED');
    objects.failures.push(refused, undefined, refused, undefined, undefined, refused);
    const errors: (string | undefined)[] = [];
    for (let index = 0; index < 4; index++)
      errors.push((await ended(await submit({ objects: namesFor }))).errorMessage);
    const said = 'the answer could not be written: the object store cannot be used; the log of the server says why';
    expect(errors).toEqual([said, said, undefined, said]);
    const logged = 'the object store cannot be used: http://10.0.0.1:9000 does not answer: ECONNREFUSED';
    expect(diagnostics.map(({ message }) => message)).toEqual([logged, logged, logged]);
  });

  it('fails also where that cannot be written, and the log says so', async () => {
    const { objects, submit, ended, diagnostics } = await fixture({ answer: broken, options: { maxAttempts: 1 } });
    objects.failures.push(LOST);
    const job = await submit({ objects: namesFor });
    expect(await ended(job)).toMatchObject({ state: 'failed', errorMessage: 'boom' });
    expect(diagnostics.map(({ message }) => message)).toEqual([
      `why job '${job.id}' failed could not be written: the store cannot answer now`,
    ]);
  });
});

describe('an object that the settings do not allow its caller', () => {
  it.each<[string, (id: string) => object, string]>([
    ['in another folder', () => ({ input: 's3://bucket/bob/in.json' }), 'jobs.inputs.allow'],
    ['in a folder whose name begins alike', () => ({ input: 's3://bucket/adam/in.json' }), 'jobs.inputs.allow'],
    ['in another bucket', () => ({ output: 's3://other/ada/out.json' }), 'jobs.outputs.allow'],
    ['by a step up', () => ({ input: 's3://bucket/ada/../bob/in.json' }), 'jobs.inputs.allow'],
    ['for its failure', () => ({ failure: 's3://bucket/bob/x' }), 'jobs.outputs.allow'],
  ])('is refused %s, and the store is not asked', async (_, names, setting) => {
    const { objects, submit } = await fixture();
    const [url] = Object.values(names('')) as [string];
    objects.set(url, 'a secret');
    await expect(submit({ objects: names })).rejects.toMatchObject({
      code: 'permission_denied',
      message: `'${url}' is below no prefix that ${setting} lists for 'key:ada'`,
    });
    expect(objects.asked).toEqual([]);
  });

  it('is refused where there are no rules, and to other callers', async () => {
    const without = await jobsFixture({ answer: echo });
    await expect(without.submit({ objects: namesFor })).rejects.toMatchObject({ code: 'permission_denied' });
    const { cases, callOf } = await fixture();
    const submission = {
      model: 'm',
      dialect: 'oip',
      request: { method: 'POST', url: '/', headers: {} },
      body: new Uint8Array(),
    };
    await expect(cases.submit(callOf('bob', 'caller'), { ...submission, objects: namesFor })).rejects.toMatchObject({
      message: `'${INPUT}' is below no prefix that jobs.inputs.allow lists for 'key:bob'`,
    });
  });

  it('fails the job where the rule is gone when it runs', async () => {
    const store = await openTestStore();
    const objects = new MemoryObjects();
    objects.set(INPUT, '{}');
    const before = await jobsFixture({ answer: echo, objects, store, options: RULES });
    const job = await before.submit({ objects: namesFor, notBeforeMs: Date.now() + 3_600_000 });
    await before.jobs.close();
    const after = await jobsFixture({ answer: echo, objects, store });
    await after.cases.cancel(after.call, job.id);
    await after.cases.retry(after.call, job.id);
    expect(await after.ended(job)).toMatchObject({ state: 'failed', errorCode: 'permission_denied' });
    expect(objects.asked).toEqual([]);
  });
});

describe('memory for objects', () => {
  it('is bounded for each caller, and for all of them', async () => {
    const store = new MemoryObjects();
    store.set(INPUT, 'x'.repeat(600));
    const options = { ...JOBS_OPTIONS, inputs: { allow: [], maxBytes: 134_217_728 } };
    const bodies = new ObjectBodies({ store, options, events: new EventBus() });
    store.objects.set(INPUT, { body: new Uint8Array(100_000_000), contentType: undefined });
    const { signal } = new AbortController();
    const first = await bodies.read('ada', INPUT, signal);
    await expect(bodies.read('ada', INPUT, signal)).rejects.toMatchObject({
      code: 'resource_exhausted',
      retryAfterMs: 1_000,
      message: "there is no memory for the request's object now: the caller's jobs hold 134217728 bytes of objects",
    });
    const second = await bodies.read('bob', INPUT, signal);
    await expect(bodies.read('eve', INPUT, signal)).rejects.toMatchObject({ code: 'resource_exhausted' });
    first.release();
    second.release();
    (await bodies.read('ada', INPUT, signal)).release();
  });
});
