import { readdir, rm, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { openTestStore, storeFolder } from '../../../test/support/store.js';
import { bytesOf, LANE, NOW_MS, newJob, succeed } from '../../../test/support/stored-jobs.js';
import type { JobRecord, JobRecords, Store } from '../index.js';
import { openDatabase } from './database.js';
import { MIGRATIONS } from './migrations.js';

let folder: string;
let file: string;
let store: Store;
let jobs: JobRecords;
beforeEach(async () => {
  folder = await storeFolder();
  file = path.join(folder, 'store.db');
  await open();
});

async function open(options = {}) {
  store = await openTestStore({ path: file, ...options });
  jobs = store.jobs;
}

const BODY = bytesOf('body');
const LARGE = bytesOf('large', 40_000);
const bodyFiles = async () => readdir(path.join(folder, 'store-bodies')).catch(() => []);
const claim = (limit = 10, nowMs = NOW_MS) => jobs.claim(LANE, { limit, nowMs });
const idsOf = (records: readonly { readonly id: string }[]) => records.map(({ id }) => id);

async function submit(id: string, changes: Partial<JobRecord> = {}, body = BODY): Promise<JobRecord> {
  const submission = await jobs.submit(newJob(id, changes), body);
  if (submission.kind !== 'submitted') throw new Error(submission.kind);
  return submission.record;
}

/** A job that has succeeded. */
async function finish(id: string, { body = BODY, answer = bytesOf('answer') } = {}): Promise<JobRecord> {
  await submit(id, {}, body);
  const [claimed] = await claim(1);
  if (claimed === undefined) throw new Error('it was not claimed');
  await jobs.change(succeed(claimed.record, answer));
  return claimed.record;
}

describe('a job', () => {
  it('is stored with its request, and is the same after a restart', async () => {
    const record = await submit('a');
    const expected = { ...newJob('a'), number: 1, state: 'queued', attempts: 0, requestBytes: 4, answerBytes: 0 };
    const fresh = { version: 0, webhook: undefined };
    const unset = { ...fresh, startedAtMs: undefined, endedAtMs: undefined, removeAtMs: undefined, answer: undefined };
    expect(record).toEqual({ ...expected, ...unset, errorCode: undefined, errorMessage: undefined });
    await store.close();
    await open();
    expect(await jobs.get('a')).toEqual(record);
    expect(await jobs.get('b')).toBeUndefined();
  });

  it('of an id that exists is refused, and others submitted with it are stored', async () => {
    await submit('a');
    const [again, other] = await Promise.allSettled([submit('a'), submit('b')]);
    expect(again).toMatchObject({ reason: { code: 'already_exists', message: "there is a job 'a'" } });
    expect(other).toMatchObject({ status: 'fulfilled', value: { id: 'b' } });
  });

  it('has a number above those of all jobs before, also of removed ones', async () => {
    await finish('a');
    await jobs.remove('a');
    expect(await submit('b')).toMatchObject({ number: 2 });
  });

  it('runs with its body, and ends with an answer and its body', async () => {
    await submit('a');
    const [claimed] = await claim(1, NOW_MS + 5);
    if (claimed === undefined) throw new Error('it was not claimed');
    const { record, body } = claimed;
    expect(record).toMatchObject({ state: 'running', attempts: 1, startedAtMs: NOW_MS + 5, removeAtMs: undefined });
    expect(body).toEqual(BODY);
    expect(await jobs.answerBody('a')).toBeUndefined();
    expect(await jobs.change(succeed(record, bytesOf('answer')))).toBe(true);
    expect(await jobs.get('a')).toMatchObject({
      state: 'succeeded',
      attempts: 1,
      endedAtMs: NOW_MS + 500,
      removeAtMs: NOW_MS + 1_500,
      answer: { status: 200, headers: { 'content-type': 'text/plain' } },
      answerBytes: 6,
    });
    expect(await jobs.answerBody('a')).toEqual(bytesOf('answer'));
  });

  it('may have an answer without a body', async () => {
    const record = await submit('a');
    const { answerBody: _, ...transition } = succeed(record, BODY);
    expect(await jobs.change(transition)).toBe(true);
    expect([await jobs.answerBody('a'), (await jobs.get('a'))?.answerBytes]).toEqual([new Uint8Array(), 0]);
  });

  it('changes only from the expected state and attempt', async () => {
    const queued = await submit('a');
    const [claimed] = await claim();
    if (claimed === undefined) throw new Error('it was not claimed');
    expect(await jobs.change(succeed(queued, BODY))).toBe(false);
    const other = { ...claimed.record, attempts: 2 };
    expect(await jobs.change(succeed(other, LARGE))).toBe(false);
    expect([await jobs.get('a'), await bodyFiles()]).toEqual([claimed.record, []]);
    expect(await jobs.change(succeed({ ...claimed.record, id: 'b' }, BODY))).toBe(false);
  });

  it('that is queued again has no answer and no end, and starts when it is due', async () => {
    const { id } = await finish('a', { answer: LARGE });
    expect(await bodyFiles()).toHaveLength(1);
    const to = { state: 'queued', attempts: 0, notBeforeMs: NOW_MS + 2_000, deadlineMs: NOW_MS + 9_000 } as const;
    const error = { errorCode: 'unavailable', errorMessage: 'the model is loading' };
    const queued = { ...to, ...error, endedAtMs: undefined, answer: undefined };
    expect(await jobs.change({ id, from: { state: 'succeeded', attempts: 1 }, to: queued })).toBe(true);
    expect(await jobs.get('a')).toMatchObject({ ...queued, removeAtMs: undefined, answerBytes: 0 });
    expect([await jobs.answerBody('a'), await bodyFiles()]).toEqual([undefined, []]);
    expect(await claim(1, NOW_MS + 1_999)).toEqual([]);
    expect(await claim(1, NOW_MS + 2_000)).toMatchObject([{ record: { id: 'a', attempts: 1, ...error }, body: BODY }]);
  });
});

describe('jobs', () => {
  it('are claimed by lane, oldest first, those that are due', async () => {
    for (const id of ['a', 'b', 'c']) await submit(id);
    await submit('later', { notBeforeMs: NOW_MS + 100 });
    await submit('other-model', { model: 'm' });
    await submit('other-owner', { owner: 'o' });
    await submit('other-priority', { priority: 'background' });
    expect(await jobs.nextDueMs(NOW_MS)).toBe(NOW_MS + 100);
    expect(idsOf((await claim(2)).map(({ record }) => record))).toEqual(['a', 'b']);
    expect(idsOf((await claim()).map(({ record }) => record))).toEqual(['c']);
    expect(idsOf((await claim(10, NOW_MS + 100)).map(({ record }) => record))).toEqual(['later']);
    expect([await claim(), await jobs.nextDueMs(NOW_MS)]).toEqual([[], undefined]);
    expect(idsOf(await jobs.running(0, 2))).toEqual(['a', 'b']);
    expect(idsOf(await jobs.running(2, 9))).toEqual(['c', 'later']);
  });

  it('are listed newest first, by owner, state and model', async () => {
    await finish('a');
    await submit('b', { model: 'm' });
    await submit('c', { owner: 'o', model: 'm' });
    await submit('d');
    const list = async (filter: object, before?: number, limit = 10) =>
      idsOf(await jobs.list(filter, { before, limit }));
    expect(await list({})).toEqual(['d', 'c', 'b', 'a']);
    expect(await list({}, 4, 2)).toEqual(['c', 'b']);
    expect(await list({ owner: 'key-1' })).toEqual(['d', 'b', 'a']);
    expect(await list({ owner: 'key-1', state: 'queued' }, 4)).toEqual(['b']);
    expect(await list({ owner: 'key-1', state: 'queued', model: 'fraud' })).toEqual(['d']);
    expect(await list({ model: 'm' })).toEqual(['c', 'b']);
    expect(await list({ model: 'fraud', state: 'succeeded' })).toEqual(['a']);
    expect(await list({ state: 'queued', owner: undefined }, undefined, 2)).toEqual(['d', 'c']);
  });

  it('are counted by lane and by owner', async () => {
    await finish('a');
    await submit('b', { createdAtMs: NOW_MS + 1 });
    await submit('c', { createdAtMs: NOW_MS + 2 });
    await submit('d', { owner: 'o', priority: 'background' });
    await claim(1);
    await submit('e', { notBeforeMs: NOW_MS + 100 });
    expect(await jobs.totals()).toEqual({
      lanes: [
        { ...LANE, queued: 2, oldestAtMs: NOW_MS + 2, hasFiles: false },
        { ...LANE, owner: 'o', priority: 'background', queued: 1, oldestAtMs: NOW_MS, hasFiles: false },
      ],
      owners: [
        { owner: 'key-1', open: 3, jobs: 4, bytes: 22 },
        { owner: 'o', open: 1, jobs: 1, bytes: 4 },
      ],
    });
    expect((await store.info())?.counts).toMatchObject({ jobs: 5, job_keys: 0 });
  });

  it('expire at their deadline while they are queued', async () => {
    await submit('a');
    await submit('b', { deadlineMs: NOW_MS + 20_000 });
    const error = { errorCode: 'deadline_exceeded', errorMessage: 'it has not started in time' };
    expect(await jobs.expire(NOW_MS + 9_999, error)).toEqual({ jobs: [], hasMore: false });
    const bytes = { requestBytes: 4, answerBytes: 0 };
    const expired = { id: 'a', number: 1, ...LANE, principal: 'ann', state: 'queued', ...bytes, webhookHost: null };
    expect(await jobs.expire(NOW_MS + 10_000, error)).toEqual({ jobs: [expired], hasMore: false });
    const ended = { state: 'expired', endedAtMs: NOW_MS + 10_000, removeAtMs: NOW_MS + 11_000, ...error };
    expect(await jobs.get('a')).toMatchObject(ended);
    expect(await jobs.get('b')).toMatchObject({ state: 'queued' });
  });

  it('are removed when their time has come, a thousand at a time', async () => {
    const ids = Array.from({ length: 1_001 }, (_, index) => `job-${index}`);
    for (let at = 0; at < ids.length; at += 500) await Promise.all(ids.slice(at, at + 500).map((id) => submit(id)));
    const first = await jobs.expire(NOW_MS + 10_000, { errorCode: undefined, errorMessage: undefined });
    expect([first.jobs.length, first.hasMore]).toEqual([1_000, true]);
    await jobs.expire(NOW_MS + 10_000, { errorCode: undefined, errorMessage: undefined });
    expect(await jobs.prune(NOW_MS + 10_999)).toEqual({ jobs: [], hasMore: false });
    const pages = [await jobs.prune(NOW_MS + 11_000), await jobs.prune(NOW_MS + 11_000)];
    expect(pages.map((page) => [page.jobs.length, page.hasMore])).toEqual([
      [1_000, true],
      [1, false],
    ]);
    expect(pages[1]?.jobs).toMatchObject([{ state: 'expired', principal: 'ann', requestBytes: 4 }]);
    expect((await store.info())?.counts).toMatchObject({ jobs: 0 });
  });

  it('with 4 MiB of bodies in their rows are a page', async () => {
    const body = bytesOf('inline', 32_768);
    await Promise.all(Array.from({ length: 129 }, (_, index) => submit(`job-${index}`, {}, body)));
    const page = await jobs.expire(NOW_MS + 10_000, { errorCode: undefined, errorMessage: undefined });
    expect([page.jobs.length, page.hasMore]).toEqual([128, true]);
  });

  it('are not read from a store that has never been written, which stays that way', async () => {
    const lane = { limit: 1, nowMs: NOW_MS };
    const nothing = { jobs: [], hasMore: false };
    const error = { errorCode: undefined, errorMessage: undefined };
    expect(await Promise.all([jobs.get('a'), jobs.answerBody('a'), jobs.nextDueMs(0), jobs.sweep()])).toEqual(
      Array(4).fill(undefined),
    );
    expect(await Promise.all([jobs.claim(LANE, lane), jobs.running(0, 1)])).toEqual([[], []]);
    expect(await jobs.list({}, { before: undefined, limit: 1 })).toEqual([]);
    expect(await jobs.totals()).toEqual({ lanes: [], owners: [] });
    expect(await Promise.all([jobs.prune(0), jobs.expire(0, error)])).toEqual([nothing, nothing]);
    const record = { ...newJob('a'), state: 'running', attempts: 1 } as JobRecord;
    expect([await jobs.remove('a'), await jobs.change(succeed(record, BODY))]).toEqual([false, false]);
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('a request with an idempotency key', () => {
  const KEY = { key: 'k', route: 'POST /infer', digest: 'd1', expiresAtMs: NOW_MS + 5_000 };
  const send = (id: string, { key = KEY, ...changes }: Partial<JobRecord> & { readonly key?: typeof KEY } = {}) =>
    jobs.submit(newJob(id, changes), BODY, key);

  it('is stored once, and known when it is sent again', async () => {
    const first = await send('a');
    expect(first).toMatchObject({ kind: 'submitted', record: { id: 'a' } });
    expect(await send('b')).toEqual({ ...first, kind: 'known', id: 'a' });
    const many = await Promise.all([send('c'), send('d', { owner: 'o' }), send('e', { owner: 'o' })]);
    expect(many.map(({ kind }) => kind)).toEqual(['known', 'submitted', 'known']);
    expect(idsOf(await jobs.list({}, { before: undefined, limit: 9 }))).toEqual(['d', 'a']);
  });

  it('conflicts with another request, but not on another route', async () => {
    await send('a');
    expect(await send('b', { key: { ...KEY, digest: 'd2' } })).toEqual({ kind: 'conflict', id: 'a' });
    expect(await send('c', { key: { ...KEY, digest: 'd2', route: 'POST /v1' } })).toMatchObject({ kind: 'submitted' });
    expect(await jobs.get('b')).toBeUndefined();
  });

  it('is known after its job has been removed, until the key expires', async () => {
    const { record } = (await send('a')) as { readonly record: JobRecord };
    await jobs.change(succeed(record, BODY));
    expect(await jobs.remove('a')).toBe(true);
    expect(await send('b')).toEqual({ kind: 'known', id: 'a', record: undefined });
    expect(await send('c', { createdAtMs: NOW_MS + 5_000 })).toMatchObject({ kind: 'submitted' });
  });

  it('leaves no key that has expired', async () => {
    await send('a');
    await jobs.prune(NOW_MS + 4_999);
    expect((await store.info())?.counts).toMatchObject({ job_keys: 1 });
    await jobs.prune(NOW_MS + 5_000);
    expect((await store.info())?.counts).toMatchObject({ jobs: 1, job_keys: 0 });
  });

  it('that is not stored leaves no file', async () => {
    await jobs.submit(newJob('a'), LARGE, KEY);
    expect(await bodyFiles()).toHaveLength(1);
    expect(await jobs.submit(newJob('b'), bytesOf('other', 40_000), KEY)).toMatchObject({ kind: 'known' });
    expect(await bodyFiles()).toHaveLength(1);
  });
});

describe('a large body', () => {
  it('is read from its file, for requests and answers', async () => {
    const record = await finish('a', { body: LARGE, answer: bytesOf('longer', 100_000) });
    expect(record.requestBytes).toBe(40_000);
    expect(await bodyFiles()).toHaveLength(2);
    await store.close();
    await open();
    expect(await jobs.answerBody('a')).toEqual(bytesOf('longer', 100_000));
    expect(await jobs.get('a')).toMatchObject({ answerBytes: 100_000 });
    expect((await jobs.totals()).owners).toMatchObject([{ bytes: 140_000 }]);
    await submit('b', {}, LARGE);
    expect(await claim()).toMatchObject([{ record: { id: 'b' }, body: LARGE }]);
  });

  it('shares its file with identical ones until the last job is removed', async () => {
    await finish('a', { body: LARGE, answer: LARGE });
    await finish('b', { body: LARGE });
    expect(await bodyFiles()).toHaveLength(1);
    expect([await jobs.remove('a'), (await bodyFiles()).length]).toEqual([true, 1]);
    expect(await jobs.prune(NOW_MS + 1_500)).toMatchObject({ jobs: [{ id: 'b', answerBytes: 6 }] });
    expect(await bodyFiles()).toEqual([]);
  });

  it('has its file while another job with it is submitted and removed', async () => {
    for (let round = 0; round < 4; round++) {
      await finish('a', { body: LARGE });
      await Promise.all([jobs.remove('a'), submit('b', {}, LARGE), submit('c', {}, LARGE)]);
      const claimed = await claim();
      expect(claimed).toMatchObject([{ body: LARGE }, { body: LARGE }]);
      for (const { record } of claimed) {
        await jobs.change(succeed(record, BODY));
        await jobs.remove(record.id);
      }
    }
    expect(await bodyFiles()).toEqual([]);
  });

  it('that is lost leaves its job without a body, or an answer that cannot be read', async () => {
    await finish('a', { answer: LARGE });
    const [name = ''] = await bodyFiles();
    await truncate(path.join(folder, 'store-bodies', name), 10);
    const message = `the answer of job 'a' is lost: its file '${name}' is missing or truncated`;
    await expect(jobs.answerBody('a')).rejects.toMatchObject({ code: 'internal', message });
    await submit('b', {}, bytesOf('other', 40_000));
    await rm(path.join(folder, 'store-bodies'), { recursive: true });
    expect(await claim()).toMatchObject([{ record: { id: 'b', state: 'running' }, body: undefined }]);
  });

  it('that cannot be read for now leaves its job queued', async () => {
    await submit('a', {}, LARGE);
    const bodies = path.join(folder, 'store-bodies');
    const [name = ''] = await bodyFiles();
    await rm(bodies, { recursive: true });
    await writeFile(bodies, '');
    await expect(claim()).rejects.toMatchObject({
      code: 'unavailable',
      message: `the store '${file}' cannot be opened and written by this user; make its folder writable, or set 'store.path' to another file`,
    });
    expect(await jobs.get('a')).toMatchObject({ state: 'queued', attempts: 0, notBeforeMs: NOW_MS });
    await rm(bodies);
    await submit('b', {}, LARGE);
    expect(await bodyFiles()).toEqual([name]);
    expect(await claim()).toMatchObject([{ body: LARGE }, { body: LARGE }]);
  });

  it('that no job has is removed by a sweep', async () => {
    await submit('a', {}, LARGE);
    const [name = ''] = await bodyFiles();
    const stale = ['ab'.repeat(32), '6b0f1c1e.partial'];
    for (const other of stale) await writeFile(path.join(folder, 'store-bodies', other), 'x');
    await jobs.sweep();
    expect(await bodyFiles()).toEqual([name]);
    expect(await claim()).toMatchObject([{ body: LARGE }]);
  });
});

describe('a store that is full', () => {
  it('refuses a job, and keeps neither its row nor its file', async () => {
    await open({ maxSizeBytes: 1_048_576 });
    const bodies = Array.from({ length: 40 }, (_, index) => submit(`job-${index}`, {}, bytesOf('inline', 30_000)));
    await Promise.allSettled(bodies);
    for (let index = 0; index < 40; index++) await submit(`more-${index}`, {}, bytesOf('x', 30_000)).catch(() => {});
    const rows = (await store.info())?.counts.jobs;
    const url = `/${'x'.repeat(100_000)}`;
    const request = { ...newJob('a').request, url };
    await expect(submit('a', { request }, LARGE)).rejects.toMatchObject({
      code: 'unavailable',
      message: `the store '${file}' is full: nothing was written; make room on its disk, or raise 'store.maxSizeBytes'`,
    });
    expect([await bodyFiles(), (await store.info())?.counts.jobs]).toEqual([[], rows]);
  });
});

it('a store of a millrace without jobs gets tables for them, and loses nothing', async () => {
  const before = await openDatabase(file);
  const hasNoJobs = MIGRATIONS.findIndex((migration) => migration.includes('create table jobs'));
  for (const migration of MIGRATIONS.slice(0, hasNoJobs)) before.exec(migration);
  before.exec(`pragma user_version = ${hasNoJobs}; insert into snapshots values ('k', 'n', '"kept"')`);
  before.close();
  expect(await jobs.list({}, { before: undefined, limit: 1 })).toEqual([]);
  await submit('a');
  expect([await store.snapshots.get('k', 'n'), idsOf(await jobs.running(0, 1))]).toEqual(['kept', []]);
  expect(await store.info()).toMatchObject({ schema: MIGRATIONS.length, counts: { jobs: 1, snapshots: 1 } });
});
