import { expect, it, onTestFinished } from 'vitest';
import { request } from '../../../test/support/engine-fixture.js';
import { version } from '../../../test/support/infer-fixture.js';
import { createRolloutsFixture, declare, pass, type RolloutsFixture } from '../../../test/support/rollouts-fixture.js';
import { until } from '../../../test/support/until.js';
import { DeclaredRollouts } from './declared-rollouts.js';
import { FileRollouts } from './file-rollouts.js';
import { fileRolloutsChange } from './file-rollouts-change.js';
import { lastUsersOf } from './last-users.js';
import type { RolloutConfig } from './options.js';

const CONFIG: RolloutConfig = { to: 2, attempt: 1, steps: [50, 100], holdMs: 10_000, minRequests: 0 };

/** A settings file that declares rollouts, and what the server makes of them; version 1 of the model `m` is stable. */
function follow(fixture: RolloutsFixture, config: RolloutConfig | undefined = CONFIG) {
  const { parts, rollouts, store, clock, lookup, routes } = fixture;
  const written = (next: RolloutConfig | undefined) => ({
    configs: next === undefined ? {} : { m: next },
    places: { m: 'millrace.yaml:3:3' },
  });
  const fileRollouts = new FileRollouts(written(config));
  const declared = new DeclaredRollouts({
    fileRollouts,
    rollouts,
    store,
    clock,
    events: parts.events,
    routes,
    labels: parts.labels,
    lookup: { ...lookup, labels: { of: () => new Map([['stable', 1]]) } },
  });
  onTestFinished(() => declared.close());
  const change = fileRolloutsChange(fileRollouts, () => declared.check());
  return {
    declared,
    fileRollouts,
    write: async (next: RolloutConfig | undefined) =>
      (await change({ rollouts: written(next) }, 'millrace.yaml'))?.apply(),
    /** Lets a check come due, and waits until it is over. */
    async tick() {
      await clock.advance(1_000);
      await declared.close();
    },
  };
}

const phases = async ({ store }: RolloutsFixture) =>
  (await store.rollouts.ofModel('m', 10)).map(
    ({ startedBy, state }) => `${startedBy}: ${(state as { kind: string }).kind}`,
  );
const hasPhases = (fixture: RolloutsFixture, ...expected: readonly string[]) =>
  until(`phases are ${expected.join(', ')}`, async () => (await phases(fixture)).join() === expected.join());

it('a declared rollout begins once its models are there, runs once, and rests after a restart until its attempt changes', async () => {
  const fixture = await createRolloutsFixture();
  const first = follow(fixture);
  first.declared.start();
  await hasPhases(fixture, 'the settings: holding');
  await fixture.rollouts.command('m', { action: 'abort', by: 'ada' });
  await first.tick();
  expect(await phases(fixture)).toEqual(['the settings: aborted']);

  const second = follow(fixture, { holdMs: 10_000, minRequests: 0, steps: [50, 100], to: 2, attempt: 1 });
  second.declared.start();
  await second.tick();
  expect(await phases(fixture)).toEqual(['the settings: aborted']);

  const third = follow(fixture);
  third.declared.start();
  await third.write({ ...CONFIG, attempt: 2 });
  await hasPhases(fixture, 'the settings: holding', 'the settings: aborted');
});

it('a declared rollout waits for a version that does not serve, and says so once', async () => {
  const fixture = await createRolloutsFixture();
  const [added] = fixture.serving.splice(1, 1);
  const { declared } = follow(fixture);
  declared.start();
  const waits =
    "the rollout of 'm' that the settings declare has not begun: version 2 of model 'm' does not serve: served are 1";
  await until('it is reported', () => fixture.told.includes(waits));
  await fixture.clock.advance(1_000);
  fixture.serving.push(added ?? version(2, 2));
  await until('it begins', async () => {
    await fixture.clock.advance(1_000);
    return (await phases(fixture)).length === 1;
  });
  expect(fixture.told.filter((message) => message === waits)).toHaveLength(1);
});

it('a rollout whose declaration changes or is removed is aborted, and the new one begins', async () => {
  const fixture = await createRolloutsFixture();
  const { declared, write } = follow(fixture);
  declared.start();
  await hasPhases(fixture, 'the settings: holding');
  // Rollouts are listed by when they began.
  await fixture.clock.advance(1);
  await write({ ...CONFIG, steps: [10, 100] });
  await hasPhases(fixture, 'the settings: holding', 'the settings: aborted');
  await write(undefined);
  await hasPhases(fixture, 'the settings: aborted', 'the settings: aborted');
  const [record] = await fixture.store.rollouts.ofModel('m', 1);
  const [last] = await fixture.store.rollouts.decisions(record?.id ?? '', 1);
  expect(last?.reason).toBe('aborted by the settings: they declare it no more');
});

it('a declared rollout does not begin from another version than it says, nor where its version is stable already', async () => {
  const fixture = await createRolloutsFixture();
  const { declared, write, tick } = follow(fixture, { ...CONFIG, from: 3 });
  declared.start();
  await until('it is reported', () => fixture.told.length > 0);
  expect(fixture.told).toEqual([
    "the rollout of 'm' that the settings declare has not begun: it begins from version 3, and version 1 is stable",
  ]);
  await write({ ...CONFIG, to: 1 });
  await tick();
  expect([await phases(fixture), fixture.told.length]).toEqual([[], 1]);
});

it('a model with a rollout in the settings cannot be rolled out otherwise, and the error names the place', async () => {
  const { fileRollouts } = follow(await createRolloutsFixture());
  expect(() => fileRollouts.checkFree('other')).not.toThrow();
  expect(() => fileRollouts.checkFree('m')).toThrow(
    "millrace.yaml:3:3 declares the rollout of 'm': change it there, or its `attempt` to run it again",
  );
});

it('a changed file is recorded with the rollouts that differ, and one in which only places move is not', async () => {
  const { fileRollouts } = follow(await createRolloutsFixture());
  const prepare = fileRolloutsChange(fileRollouts, () => undefined);
  const after = { m: { ...CONFIG, attempt: 2 } };
  expect(await prepare({ rollouts: { configs: after, places: {} } }, 'millrace.yaml')).toMatchObject({
    settings: ['rollouts'],
    audit: { action: 'rollouts.apply', resource: 'm', right: 'rollout.change', before: { m: CONFIG }, after },
  });
  const moved = await prepare({ rollouts: { configs: { m: { ...CONFIG } }, places: { m: 'millrace.yaml:9:3' } } }, '');
  expect(moved?.settings).toEqual([]);
  moved?.apply();
  expect(() => fileRollouts.checkFree('m')).toThrow(/^millrace\.yaml:9:3 declares/);
});

it('a declared rollout that has too few users for a verdict begins once it is allowed to be inconclusive', async () => {
  const fixture = await createRolloutsFixture();
  const few = { ...CONFIG, steps: [100], sticky: { principal: true as const }, users: 7 };
  const { declared, tick } = follow(fixture, few);
  declared.start();
  await tick();
  expect(fixture.told).toEqual([
    "the rollout of 'm' that the settings declare has not begun: version 2 cannot be judged by 7 users: step 1 of 1 (100 %) leaves none of them " +
      'to the other version; start it anyway with `allow_inconclusive`',
  ]);
  const again = follow(fixture, few);
  again.declared.start();
  await again.write({ ...few, allowInconclusive: true });
  await hasPhases(fixture, 'the settings: holding');
});

it('a declared rollout has as many users as the last one with the same key has counted, where that took long enough', async () => {
  const fixture = await createRolloutsFixture();
  const { rollouts, store, told } = fixture;
  const sticky = { parameter: 'user' };
  const { declared, given } = declare({ maxHoldMs: 10_000 });
  await rollouts.begin({ declared: { ...declared, sticky }, given }, 'ada');
  for (let count = 0; count < 1_000; count++) {
    fixture.ask(0, 'well', request(1, { parameters: { user: `user-${count % 70}` } }));
  }
  await pass(fixture, 10_500);
  await rollouts.command('m', { action: 'abort', by: 'ada' });
  expect(await lastUsersOf(store, 'm', sticky)).toEqual({ count: 70, overMs: 10_500 });
  expect(await lastUsersOf(store, 'm', { parameter: 'other' })).toBeUndefined();
  expect(await lastUsersOf(store, 'm', undefined)).toBeUndefined();

  const again = { ...CONFIG, steps: [100], holdMs: 1_000, sticky };
  const first = follow(fixture, { ...again, maxHoldMs: 10_000 });
  first.declared.start();
  await first.tick();
  expect(told.at(-1)).toBe(
    "the rollout of 'm' that the settings declare has not begun: version 2 cannot be judged by 70 users (counted by the last rollout): step 1 of 1 " +
      '(100 %) leaves none of them to the other version; say `users` if there are more, or start it anyway with `allow_inconclusive`',
  );
  const longer = follow(fixture, { ...again, maxHoldMs: 10_501 });
  longer.declared.start();
  await hasPhases(fixture, 'the settings: holding', 'ada: aborted');
});
