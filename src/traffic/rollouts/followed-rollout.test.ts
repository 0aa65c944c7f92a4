import path from 'node:path';
import { expect, it } from 'vitest';
import { createRolloutsFixture, declare, pass } from '../../../test/support/rollouts-fixture.js';
import { openTestStore, storeFolder } from '../../../test/support/store.js';
import { until } from '../../../test/support/until.js';
import { MillraceError } from '../../core/index.js';
import { StoreInUse } from '../../store/index.js';

const proceed = { onInconclusive: 'proceed', maxHoldMs: 10_000 } as const;

/** Two processes over one file, of which the first has begun a rollout. */
async function beginTwo() {
  const file = path.join(await storeFolder(), 'store.db');
  const there = await createRolloutsFixture({ store: await openTestStore({ path: file }) });
  await there.rollouts.begin(declare(proceed), 'ada');
  const here = await createRolloutsFixture({ store: await openTestStore({ path: file }) });
  return { there, here };
}

const inUse = (file: RegExp) => ({ name: StoreInUse.name, message: expect.stringMatching(file) });

it('a rollout of another process splits requests here, and nothing is judged, decided or written', async () => {
  const { there, here } = await beginTwo();
  await here.rollouts.resume();
  const [route] = here.routes.all();
  expect([here.ask(0.4), here.ask(0.6)]).toEqual(['stable', 'canary']);
  expect(here.rollouts.of('m')?.state).toEqual(there.rollouts.of('m')?.state);
  for (let count = 0; count < 500; count++) here.ask(0.6, 'internal');
  await here.clock.advance(60_000);
  expect(here.rollouts.of('m')).toMatchObject({ state: { kind: 'holding', step: 0 }, timeline: [] });
  expect(here.rollouts.of('m')?.verdict.metrics[0]?.observations).toEqual({ stable: 0, canary: 0 });
  await here.rollouts.catchUp();
  expect(here.routes.all()).toEqual([route]);
  expect([here.labelled, here.told]).toEqual([[], []]);
});

it('a rollout of another process begins, continues and ends here as in the store', async () => {
  const { there, here } = await beginTwo();
  expect(here.ask(0.6)).toBeUndefined();
  await here.rollouts.catchUp();
  expect(here.ask(0.4)).toBe('stable');
  there.ask(0.6);
  await pass(there, 10_000);
  await here.rollouts.catchUp();
  expect(here.ask(0.4)).toBe('canary');
  const { state, verdict, timeline } = here.rollouts.of('m') ?? {};
  expect([state?.step, verdict?.metrics[0]?.observations, timeline?.length]).toEqual([
    1,
    { stable: 0, canary: 1 },
    expect.any(Number),
  ]);
  await there.rollouts.command('m', { action: 'abort', by: 'bob' });
  await here.rollouts.catchUp();
  expect([here.ask(0.6), here.rollouts.all(), here.routes.all()]).toEqual([undefined, [], []]);
});

it('a command on a rollout of another process is refused here, and changes nothing', async () => {
  const { there, here } = await beginTwo();
  await here.rollouts.resume();
  const used = inUse(/^the store '.*' is used by another server, and one alone may write it/);
  await expect(here.rollouts.command('m', { action: 'abort', by: 'bob' })).rejects.toMatchObject(used);
  await expect(here.rollouts.begin(declare(), 'bob')).rejects.toMatchObject({ code: 'already_exists' });
  expect([here.ask(0.6), there.ask(0.6), here.labelled]).toEqual(['canary', 'canary', []]);
});

it('a rollout is not begun here where another process writes the store', async () => {
  const { there, here } = await beginTwo();
  await there.rollouts.command('m', { action: 'abort', by: 'bob' });
  await expect(here.rollouts.begin(declare(), 'bob')).rejects.toThrow(StoreInUse);
  expect([here.labelled, here.rollouts.all()]).toEqual([[], []]);
  here.rollouts.checkNone('m');
});

it('a process that begins a rollout of its own takes over those of the process that has ended', async () => {
  const { there, here } = await beginTwo();
  await there.rollouts.close();
  await there.store.close();
  await expect(here.rollouts.begin(declare(), 'bob')).rejects.toMatchObject({ code: 'already_exists' });
  await here.rollouts.command('m', { action: 'pause', by: 'bob' });
  expect(here.rollouts.of('m')?.state).toMatchObject({ kind: 'paused', step: 0 });
});

it('a rollout is taken over when the other process has ended: in the same step, with its observations', async () => {
  const { there, here } = await beginTwo();
  await here.rollouts.resume();
  await pass(there, 10_000);
  for (let count = 0; count < 100; count++) there.ask(0.6);
  await pass(there, 2_000);
  const seen = there.rollouts.of('m')?.verdict.metrics[0]?.observations;
  await there.rollouts.close();
  await there.store.close();
  await here.clock.advance(1_000);
  await until('it has taken over', () => here.rollouts.of('m')?.state.step === 1);
  expect(here.rollouts.of('m')?.state).toMatchObject({ kind: 'holding', step: 1, heldMs: 2_000, requests: 100 });
  here.ask(0.6);
  expect(here.rollouts.of('m')?.verdict.metrics[0]?.observations.canary).toBe((seen?.canary ?? 0) + 1);
  await pass(here, 9_000);
  expect(here.labelled).toEqual(['millrace: m {"stable":2,"canary":null}']);
  expect(await here.store.rollouts.open()).toEqual([]);
});

it('a rollout that the other process ended last is over here, too, when this one takes over', async () => {
  const { there, here } = await beginTwo();
  await here.rollouts.resume();
  await there.rollouts.command('m', { action: 'abort', by: 'bob' });
  await there.rollouts.close();
  await there.store.close();
  expect(here.ask(0.6)).toBe('canary');
  await here.clock.advance(1_000);
  await until('it has taken over', () => here.rollouts.all().length === 0);
  expect([here.ask(0.6), here.routes.all()]).toEqual([undefined, []]);
});

it('a process that takes over while it reads on has each rollout once', async () => {
  const { there, here } = await beginTwo();
  await here.rollouts.resume();
  await there.rollouts.close();
  await there.store.close();
  const pause = here.rollouts.command('m', { action: 'pause', by: 'bob' });
  await Promise.all([pause, here.rollouts.catchUp(), here.rollouts.catchUp()]);
  expect(here.rollouts.all().map(({ state }) => state.kind)).toEqual(['paused']);
  expect(here.routes.all()).toHaveLength(1);
});

it('a process that cannot write the store judges its rollouts, until another one can', async () => {
  const { there, here } = await beginTwo();
  const { own } = here.parts.store;
  await there.rollouts.close();
  await there.store.close();
  here.parts.store.own = () => Promise.reject(new MillraceError('unavailable', 'the folder is read-only'));
  await here.rollouts.resume();
  here.ask(0.6);
  expect(here.rollouts.of('m')?.verdict.metrics[0]?.observations.canary).toBe(1);
  here.parts.store.own = () => Promise.reject(new StoreInUse('it is used by another server'));
  await here.rollouts.catchUp();
  here.ask(0.6);
  expect(here.rollouts.of('m')?.verdict.metrics[0]?.observations.canary).toBeLessThan(2);
  here.parts.store.own = own;
});

it('a closed process takes over nothing', async () => {
  const { there, here } = await beginTwo();
  await here.rollouts.resume();
  await here.rollouts.close();
  expect(here.clock.pendingTimers).toBe(0);
  await there.rollouts.close();
  await there.store.close();
  await here.clock.advance(5_000);
  expect(here.clock.pendingTimers).toBe(0);
});
