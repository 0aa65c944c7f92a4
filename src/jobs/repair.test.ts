import { expect, it } from 'vitest';
import { FakeClock } from '../../test/support/fake-clock.js';
import { openTestStore } from '../../test/support/store.js';
import { LANE, NOW_MS, newJob } from '../../test/support/stored-jobs.js';
import { Lanes } from './lanes.js';
import { Repair } from './repair.js';

async function fixture(known: readonly string[] = []) {
  const { jobs: records } = await openTestStore();
  const lanes = new Lanes();
  const clock = new FakeClock();
  const requeued: string[] = [];
  const worker = { has: (id: string) => known.includes(id) };
  const requeue = async ({ id }: { readonly id: string }) => requeued.push(id);
  const repair = new Repair({ records, lanes, worker, clock, requeue });
  const store = (id: string, createdAtMs = NOW_MS) => records.submit(newJob(id, { createdAtMs }), new Uint8Array(3));
  return { records, lanes, clock, requeued, repair, store };
}

it('a job whose submission failed, although it is stored, is queued', async () => {
  const { lanes, repair, store } = await fixture();
  await store('a');
  await store('b');
  lanes.add(LANE, { queued: 1, oldestAtMs: NOW_MS, isDue: true });
  await repair.run();
  expect(lanes.queuedIn(LANE)).toBe(1);
  repair.submissionFailed();
  await repair.run();
  expect(lanes.queuedIn(LANE)).toBe(2);
});

it('jobs that the lanes count and the store has no more are left to the worker', async () => {
  const { lanes, repair, store } = await fixture();
  await store('a');
  lanes.add(LANE, { queued: 3, oldestAtMs: NOW_MS, isDue: true });
  repair.submissionFailed();
  await repair.run();
  expect(lanes.queuedIn(LANE)).toBe(3);
});

it('a job that runs for two minutes without an attempt is queued again, and no other', async () => {
  const { records, clock, requeued, repair, store } = await fixture(['here']);
  for (const id of ['here', 'lost']) await store(id, clock.wallNow());
  await records.claim(LANE, { limit: 2, nowMs: clock.wallNow() });
  await clock.advance(120_000);
  await repair.run();
  expect(requeued).toEqual([]);
  await clock.advance(1);
  await repair.run();
  expect(requeued).toEqual(['lost']);
});
