import path from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { openTestStore, storeFolder } from '../../../test/support/store.js';
import { bytesOf, LANE, NOW_MS, newJob, succeed, WEBHOOK } from '../../../test/support/stored-jobs.js';
import type { Store } from '../index.js';

const TO_LANE = { owner: LANE.owner, host: 'hooks.example' };
/** When {@link succeed} ends a job. */
const ENDED_MS = NOW_MS + 500;

let file: string;
let store: Store;
beforeEach(async () => {
  file = path.join(await storeFolder(), 'store.db');
  store = await openTestStore({ path: file });
});

async function submit(id: string, changes = {}) {
  const submission = await store.jobs.submit(newJob(id, { webhook: WEBHOOK, ...changes }), bytesOf('body'));
  if (submission.kind !== 'submitted') throw new Error(submission.kind);
  return submission.record;
}

async function finish(id: string) {
  await submit(id);
  const [claimed] = await store.jobs.claim(LANE, { limit: 1, nowMs: NOW_MS });
  if (claimed === undefined) throw new Error('it was not claimed');
  const isApplied = await store.jobs.change({ ...succeed(claimed.record, bytesOf('answer')), notifies: true });
  expect(isApplied).toBe(true);
  return ended(id);
}

async function ended(id: string) {
  const record = await store.jobs.get(id);
  if (record === undefined) throw new Error(`there is no job ${id}`);
  return record;
}

const nextIds = async (limit = 10) => (await store.webhooks.next(TO_LANE, limit)).map(({ id }) => id);

it('a notification waits for the end of its job, and is pending with it', async () => {
  expect((await submit('a')).webhook).toEqual({
    ...WEBHOOK,
    state: 'waiting',
    attempts: 0,
    dueAtMs: undefined,
    status: undefined,
    error: undefined,
  });
  expect([await store.webhooks.lanes(), await nextIds()]).toEqual([[], []]);
  await submit('other', { webhook: undefined });
  const [claimed] = await store.jobs.claim(LANE, { limit: 1, nowMs: NOW_MS });
  if (claimed === undefined) throw new Error('it was not claimed');
  expect(claimed.record.webhook?.state).toBe('waiting');
  await store.jobs.change({ ...succeed(claimed.record, bytesOf('answer')), notifies: true });
  await store.close();
  // As a server finds it that starts after a crash.
  store = await openTestStore({ path: file });
  expect([await store.webhooks.lanes(), await nextIds()]).toEqual([[{ ...TO_LANE, dueAtMs: ENDED_MS }], ['a']]);
  expect((await ended('a')).webhook).toMatchObject({ state: 'pending', attempts: 0, dueAtMs: ENDED_MS });
});

it('a transition that is not applied makes none pending', async () => {
  await submit('a');
  const [claimed] = await store.jobs.claim(LANE, { limit: 1, nowMs: NOW_MS });
  if (claimed === undefined) throw new Error('it was not claimed');
  const late = { ...succeed({ ...claimed.record, attempts: 7 }, bytesOf('answer')), notifies: true };
  expect([await store.jobs.change(late), await nextIds()]).toEqual([false, []]);
});

it('a job that expires is reported', async () => {
  await submit('a');
  const expired = await store.jobs.expire(NOW_MS + 10_000, { errorCode: undefined, errorMessage: undefined });
  expect(expired.jobs).toMatchObject([{ id: 'a', webhookHost: 'hooks.example' }]);
  expect(await nextIds()).toEqual(['a']);
});

it('a job is kept until its notification has ended', async () => {
  const { removeAtMs, number, endedAtMs } = await finish('a');
  expect(removeAtMs).toBe(ENDED_MS + WEBHOOK.maxAgeMs);
  const to = { state: 'delivered', attempts: 1, dueAtMs: undefined, status: 204, error: undefined } as const;
  expect(await store.webhooks.settle({ job: { number, endedAtMs }, attempts: 0, to })).toBe(true);
  expect(await ended('a')).toMatchObject({
    removeAtMs: ENDED_MS + 1_000,
    webhook: { state: 'delivered', status: 204 },
  });
  expect(await nextIds()).toEqual([]);
});

it('an attempt is counted once, and the next one is due later', async () => {
  const first = await finish('a');
  await finish('b');
  const { number, endedAtMs } = first;
  const to = { state: 'pending', attempts: 1, dueAtMs: ENDED_MS + 9, status: 500, error: 'no' } as const;
  const settle = () => store.webhooks.settle({ job: { number, endedAtMs }, attempts: 0, to });
  expect([await settle(), await settle()]).toEqual([true, false]);
  expect([await nextIds(), await nextIds(1)]).toEqual([['b', 'a'], ['b']]);
});

it('a retry of the job withdraws what was not delivered, and its next end is pending again', async () => {
  const { number, endedAtMs } = await finish('a');
  const record = await ended('a');
  const queued = { endedAtMs: undefined, errorCode: undefined, errorMessage: undefined, answer: undefined };
  const from = { state: record.state, attempts: record.attempts };
  const to = { ...queued, state: 'queued', attempts: 0, notBeforeMs: NOW_MS } as const;
  await store.jobs.change({ id: 'a', from, to, notifies: true });
  expect([await nextIds(), (await ended('a')).webhook?.state]).toEqual([[], 'waiting']);
  // The answer to an attempt from before comes late.
  const late = { state: 'delivered', attempts: 1, dueAtMs: undefined, status: 204, error: undefined } as const;
  expect(await store.webhooks.settle({ job: { number, endedAtMs }, attempts: 0, to: late })).toBe(false);
  const [claimed] = await store.jobs.claim(LANE, { limit: 1, nowMs: NOW_MS });
  if (claimed === undefined) throw new Error('it was not claimed');
  await store.jobs.change({ ...succeed(claimed.record, bytesOf('answer')), notifies: true });
  expect(await nextIds()).toEqual(['a']);
});

it('a job that is removed has no notification', async () => {
  await finish('a');
  await finish('b');
  expect(await store.jobs.remove('a')).toBe(true);
  expect(await nextIds()).toEqual(['b']);
  expect(await store.jobs.prune(ENDED_MS + WEBHOOK.maxAgeMs)).toMatchObject({ jobs: [{ id: 'b' }] });
  expect([await nextIds(), await store.webhooks.lanes()]).toEqual([[], []]);
});
