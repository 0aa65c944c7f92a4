import { describe, expect, it } from 'vitest';
import { batchesFixture, isOver, linesOfIds } from '../../test/support/batches-fixture.js';
import { FakeClock } from '../../test/support/fake-clock.js';
import { JOBS_OPTIONS } from '../../test/support/jobs-fixture.js';
import { until } from '../../test/support/until.js';
import type { JobsOptions } from '../jobs/index.js';
import { ObjectStoreError } from '../object-store/index.js';
import type { AnswerRequest } from '../stored-requests/index.js';

const INPUT = 's3://bucket/in/rows.jsonl';
const DAY_MS = 86_400_000;

type Rules = JobsOptions['inputs']['allow'][number][];

/** Rules that a test may change while a batch runs, as an operator does between two starts of the server. */
function policyOf(more: Partial<JobsOptions> = {}) {
  const inputs: Rules = [{ principal: '*', prefixes: ['s3://bucket/in/'] }];
  const outputs: Rules = [{ principal: '*', prefixes: ['s3://bucket/out/'] }];
  const policy = {
    ...JOBS_OPTIONS,
    ...more,
    inputs: { ...JOBS_OPTIONS.inputs, allow: inputs },
    outputs: { allow: outputs },
  };
  return { policy, inputs, outputs };
}

/** Something that is waited for until the test opens it. */
function gate() {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

const echo = (body: Uint8Array) => ({
  answer: { status: 200, headers: { 'content-type': 'application/json' }, body },
  error: undefined,
  hasRun: true,
});

/** Answers with the body of the request once that is opened. */
const held =
  (opened: Promise<void>): AnswerRequest =>
  async ({ body }) => {
    await opened;
    return echo(body);
  };

const denied = (url: string) =>
  new ObjectStoreError('permission_denied', `${url}: the store denies this server access (AccessDenied)`, {
    status: 403,
    storeCode: 'AccessDenied',
  });

describe('results that should be objects', () => {
  it('wait for a store that refuses them, with the reason, and become files at the end of the window', async () => {
    const clock = new FakeClock();
    const { create, when, objects, idsIn, diagnostics, files, store } = await batchesFixture({ ...policyOf(), clock });
    objects.set(INPUT, linesOfIds('a', 'b'));
    objects.refusal = denied;
    const batch = await create({ inputFile: INPUT, outputPrefix: 's3://bucket/out/' });
    const output = `s3://bucket/out/${batch.id}_output.jsonl`;
    const waiting = await when('it has a reason', batch, ({ trouble }) => trouble !== undefined);
    expect(waiting).toMatchObject({
      state: 'finalizing',
      trouble: `${output}: the store denies this server access (AccessDenied)`,
    });
    await clock.advance(DAY_MS);
    const ended = await when('it has ended', batch, isOver);
    expect(ended).toMatchObject({
      state: 'completed',
      counts: { total: 2, completed: 2, failed: 0 },
      trouble: undefined,
    });
    expect(ended.outputFile).toMatch(/^file-/);
    expect(await idsIn(ended.outputFile)).toEqual(['a', 'b']);
    expect(diagnostics.map(({ message }) => message)).toContain(
      `the results of batch '${batch.id}' become files: ${output}: the store denies this server access (AccessDenied)`,
    );
    // The copy of the input counts no more.
    const record = await store.files.get(ended.outputFile ?? '');
    await until('the file is counted', () => files.gauges().files === 1);
    expect(files.gauges().bytes).toBe(record?.sizeBytes);
  });

  it('are objects where the store takes them before that', async () => {
    const clock = new FakeClock();
    const { create, when, objects } = await batchesFixture({ ...policyOf(), clock });
    objects.set(INPUT, linesOfIds('a'));
    objects.refusal = denied;
    const batch = await create({ inputFile: INPUT, outputPrefix: 's3://bucket/out/' });
    await when('it has a reason', batch, ({ trouble }) => trouble !== undefined);
    objects.refusal = undefined;
    await clock.advance(30_000);
    const output = `s3://bucket/out/${batch.id}_output.jsonl`;
    expect(await when('it has ended', batch, isOver)).toMatchObject({ state: 'completed', outputFile: output });
    expect(objects.text(output)).toContain('"custom_id":"a"');
  });

  it('become files at once where the rule that allowed them is gone', async () => {
    const { policy, outputs } = policyOf();
    const running = gate();
    const answer = held(running.opened);
    const { create, when, objects, idsIn, diagnostics } = await batchesFixture({ policy, answer });
    objects.set(INPUT, linesOfIds('a'));
    const batch = await create({ inputFile: INPUT, outputPrefix: 's3://bucket/out/' });
    await when('it runs', batch, ({ state }) => state === 'in_progress');
    outputs.length = 0;
    running.open();
    const ended = await when('it has ended', batch, isOver);
    expect(await idsIn(ended.outputFile)).toEqual(['a']);
    expect([...objects.objects.keys()]).toEqual([INPUT]);
    expect(diagnostics.map(({ message }) => message)).toContain(
      `the results of batch '${batch.id}' become files: 's3://bucket/out/${batch.id}_output.jsonl' is below no prefix that jobs.outputs.allow lists for 'key:ada'`,
    );
  });
});

describe('the objects of an input', () => {
  it('are at most 10,000', async () => {
    const { create, when, objects } = await batchesFixture(policyOf());
    for (let at = 0; at <= 10_000; at++) objects.set(`s3://bucket/in/${String(at).padStart(5, '0')}`, '');
    const batch = await create({ inputFile: 's3://bucket/in/' });
    expect(await when('it has ended', batch, isOver)).toMatchObject({
      state: 'failed',
      problems: [
        { code: 'too_many_objects', message: "'s3://bucket/in/': expected at most 10000 objects, found more" },
      ],
    });
    // None of them was read.
    expect(objects.asked).toEqual([]);
  });

  it('are refused where the rule is gone by the time they are read', async () => {
    const { policy, inputs } = policyOf();
    const { create, when, objects, files } = await batchesFixture({ policy });
    const listing = gate();
    objects.set('s3://bucket/in/a', linesOfIds('a'));
    objects.beforeList = () => listing.opened;
    const batch = await create({ inputFile: 's3://bucket/in/' });
    inputs.length = 0;
    listing.open();
    expect(await when('it has ended', batch, isOver)).toMatchObject({
      state: 'failed',
      problems: [
        {
          code: 'input_not_allowed',
          message: "'s3://bucket/in/a' is below no prefix that jobs.inputs.allow lists for 'key:ada'",
        },
      ],
    });
    expect(objects.asked).toEqual([]);
    expect(files.gauges()).toEqual({ files: 0, bytes: 0 });
  });

  it('are no longer read once the batch is cancelled, and nothing of them is left', async () => {
    const { create, cases, call, get, objects, files, contents } = await batchesFixture(policyOf());
    const reading = gate();
    objects.set('s3://bucket/in/a', linesOfIds('a'));
    objects.set('s3://bucket/in/b', linesOfIds('b'));
    objects.beforeRead = (url) => (url.endsWith('b') ? reading.opened : Promise.resolve());
    const batch = await create({ inputFile: 's3://bucket/in/' });
    await until('the second one is asked for', () => objects.asked.length === 2);
    expect(files.gauges().bytes).toBe(linesOfIds('a').length);
    expect(await cases.cancel(call, batch.id)).toMatchObject({ state: 'cancelled' });
    reading.open();
    await until('its bytes are released', () => files.gauges().bytes === 0);
    expect(await get(batch)).toMatchObject({ state: 'cancelled', problems: [] });
    await until('no content is left', async () => (await contents()).length === 0);
  });
});

describe('the stored groups of a caller with a token', () => {
  const stale =
    "the batch of 'oidc:corp/ada' did not come to its objects within jobs.identityMaxAgeMs: its groups may have changed";

  it('read no objects when they are too old', async () => {
    const clock = new FakeClock();
    const { policy } = policyOf({ identityMaxAgeMs: 60_000 });
    const { create, when, objects } = await batchesFixture({ policy, clock, kind: 'oidc' });
    const listing = gate();
    objects.set('s3://bucket/in/a', linesOfIds('a'));
    objects.beforeList = () => listing.opened;
    const batch = await create({ inputFile: 's3://bucket/in/' });
    await clock.advance(60_001);
    listing.open();
    expect(await when('it has ended', batch, isOver)).toMatchObject({
      state: 'failed',
      problems: [{ code: 'input_not_allowed', message: stale }],
    });
    expect(objects.asked).toEqual([]);
  });

  it('run no further request, and write no objects', async () => {
    const clock = new FakeClock();
    const { policy } = policyOf({ identityMaxAgeMs: 60_000 });
    const running = gate();
    const ran: string[] = [];
    const answer: AnswerRequest = async ({ body }) => {
      ran.push(Buffer.from(body).toString());
      await running.opened;
      return echo(body);
    };
    const { create, when, objects, idsIn, diagnostics, store } = await batchesFixture({
      policy,
      clock,
      answer,
      kind: 'oidc',
      options: { concurrency: 1 },
    });
    objects.set(INPUT, linesOfIds('a', 'b'));
    const batch = await create({ inputFile: INPUT, outputPrefix: 's3://bucket/out/' });
    await until('the first one runs', () => ran.length === 1);
    await clock.advance(60_001);
    running.open();
    const ended = await when('it has ended', batch, isOver);
    expect(ended).toMatchObject({ state: 'completed', counts: { total: 2, completed: 1, failed: 1 } });
    expect(ran).toEqual(['{"id":"a"}']);
    expect([await idsIn(ended.outputFile), await idsIn(ended.errorFile)]).toEqual([['a'], ['b']]);
    const errors = await store.files.get(ended.errorFile ?? '');
    expect(errors?.owner).toBe('oidc:corp/ada');
    expect([...objects.objects.keys()]).toEqual([INPUT]);
    expect(diagnostics.map(({ message }) => message)).toContain(
      `the results of batch '${batch.id}' become files: ${stale}`,
    );
  });
});

it('a token that has ended runs no further request of a batch', async () => {
  const clock = new FakeClock();
  const running = gate();
  let started = 0;
  const answer: AnswerRequest = async ({ body }) => {
    started++;
    await running.opened;
    return echo(body);
  };
  const { create, when, objects, lines } = await batchesFixture({
    ...policyOf(),
    clock,
    answer,
    kind: 'oidc',
    endsAtMs: clock.wallNow() + 60_000,
    options: { concurrency: 1 },
  });
  objects.set(INPUT, linesOfIds('a', 'b'));
  const batch = await create({ inputFile: INPUT });
  await until('the first one runs', () => started === 1);
  await clock.advance(60_000);
  running.open();
  const { counts, errorFile } = await when('it has ended', batch, isOver);
  expect(counts).toEqual({ total: 2, completed: 1, failed: 1 });
  const ended = new Date(clock.epochMs + 61_000).toISOString();
  expect((await lines(errorFile)).map(({ error }) => error)).toEqual([
    {
      code: 'unauthenticated',
      message: `the request of 'oidc:corp/ada' did not run before its token ended, at ${ended}`,
    },
  ]);
});

describe('a jump of the clock', () => {
  it.each<[string, number]>([
    ['back', -2 * DAY_MS],
    ['forward', 2 * DAY_MS],
  ])('%s lets a batch that runs come to its end', async (_, jumpMs) => {
    const clock = new FakeClock();
    const running = gate();
    const answer = held(running.opened);
    const { create, when, objects } = await batchesFixture({ ...policyOf(), clock, answer });
    objects.set(INPUT, linesOfIds('a', 'b'));
    const batch = await create({ inputFile: INPUT });
    await when('it runs', batch, ({ state }) => state === 'in_progress');
    clock.wallOffsetMs = jumpMs;
    running.open();
    expect(await when('it has ended', batch, isOver)).toMatchObject({
      state: 'completed',
      counts: { total: 2, completed: 2, failed: 0 },
    });
  });

  it('back moves the end of the window, and the batch waits for it', async () => {
    const clock = new FakeClock();
    const answer: AnswerRequest = (_, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
      });
    const { create, when, get, objects } = await batchesFixture({ ...policyOf(), clock, answer });
    objects.set(INPUT, linesOfIds('a'));
    const batch = await create({ inputFile: INPUT, window: '1h' });
    await when('it runs', batch, ({ state }) => state === 'in_progress');
    clock.wallOffsetMs = -1_800_000;
    await clock.advance(3_600_000);
    expect(await get(batch)).toMatchObject({ state: 'in_progress' });
    await clock.advance(1_800_000);
    expect(await when('it has ended', batch, isOver)).toMatchObject({
      state: 'expired',
      counts: { total: 1, completed: 0, failed: 1 },
    });
  });
});
