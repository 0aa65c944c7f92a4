import { describe, expect, it } from 'vitest';
import { request } from '../../../test/support/engine-fixture.js';
import {
  createRolloutsFixture,
  declare,
  type Ending,
  pass,
  type RolloutsFixture,
} from '../../../test/support/rollouts-fixture.js';
import { MillraceError } from '../../core/index.js';
import { readSeen, SNAPSHOT_KIND, TIMELINE_KIND } from './records.js';
import type { TimelinePoint } from './timeline.js';

/** The decisions of the last rollout of `m`, oldest first. */
async function decisions({ store }: Pick<RolloutsFixture, 'store'>): Promise<readonly string[]> {
  const [record] = await store.rollouts.ofModel('m', 1);
  const found = await store.rollouts.decisions(record?.id ?? '', 100);
  return found.map(({ by, action, reason }) => `${by}: ${action}: ${reason}`).toReversed();
}

const proceed = { onInconclusive: 'proceed', maxHoldMs: 10_000 } as const;

describe('a rollout', () => {
  it('splits the bare name, step by step, until the label has moved', async () => {
    const fixture = await createRolloutsFixture();
    const { rollouts, routes, labelled } = fixture;
    await rollouts.begin(declare(proceed), 'ada');
    expect([fixture.ask(0.4), fixture.ask(0.6)]).toEqual(['stable', 'canary']);
    await pass(fixture, 10_000);
    expect(fixture.ask(0.4)).toBe('canary');
    await pass(fixture, 11_000);
    expect(labelled).toEqual(['ada: m {"canary":2}', 'millrace: m {"stable":2,"canary":null}']);
    expect(rollouts.all()).toEqual([]);
    expect(routes.all()).toEqual([]);
    const open = expect.stringMatching(/^millrace: .*nothing certain is known after 10s/);
    expect(await decisions(fixture)).toEqual([
      "ada: start: step 1 of 2 (50 %) begins: 'm' goes over from version 1 to version 2",
      open,
      open,
      "millrace: finish: 'm' stands for version 2 now",
    ]);
    expect(await fixture.store.rollouts.open()).toEqual([]);
  });

  it('judges the first request of each user where users are assigned to versions', async () => {
    const fixture = await createRolloutsFixture();
    const { declared, given } = declare();
    const sticky = { parameter: 'user' };
    await fixture.rollouts.begin({ declared: { ...declared, sticky }, given }, 'ada');
    for (let count = 0; count < 90; count++) {
      fixture.ask(0, 'well', request(1, { parameters: { user: `user-${count % 3}` } }));
    }
    const { stable = 0, canary = 0 } = fixture.rollouts.of('m')?.verdict.metrics[0]?.observations ?? {};
    expect(stable + canary).toBe(3);
  });

  it('judges the first outcome of each user, too', async () => {
    const fixture = await createRolloutsFixture();
    const { declared, given } = declare();
    await fixture.rollouts.begin({ declared: { ...declared, judge: { outcomes: {} } }, given }, 'ada');
    const { startedAtMs = 0 } = (await fixture.store.rollouts.ofModel('m', 1))[0] ?? {};
    for (let count = 0; count < 90; count++) {
      const answeredAtMs = startedAtMs + count;
      const joined = {
        route: 'm',
        arm: 'stable',
        model: 'm',
        version: 1,
        answeredAtMs,
        share: 0.5,
        value: 1,
        scaled: 1,
      };
      fixture.rollouts.onOutcome({ ...joined, key: count % 3 });
    }
    const outcomes = fixture.rollouts.of('m')?.verdict.metrics.find(({ name }) => name === 'outcomes');
    expect(outcomes?.observations).toEqual({ stable: 3, canary: 0 });
  });

  it('is rolled back automatically where the canary fails', async () => {
    const fixture = await createRolloutsFixture();
    await fixture.rollouts.begin(declare(), 'ada');
    for (let count = 0; fixture.rollouts.of('m')?.state.kind === 'holding' && count < 2_000; count++) {
      fixture.ask(count % 2 === 0 ? 0.4 : 0.6, count % 2 === 0 ? 'well' : 'internal');
      await fixture.clock.advance(5);
    }
    expect(fixture.ask(0.6)).toBeUndefined();
    await pass(fixture, 250);
    expect((await decisions(fixture)).at(-1)).toMatch(
      /^millrace: roll_back: version 2 against version 1: errors are worse: canary failed \d+ of \d+ requests, stable 0 of/,
    );
  });

  it('says what is wrong when one of the model is not over', async () => {
    const { rollouts } = await createRolloutsFixture();
    const first = rollouts.begin(declare(), 'ada');
    const early = new MillraceError('already_exists', "a rollout of 'm' is not over: it is just beginning");
    await expect(rollouts.begin(declare(), 'bob')).rejects.toThrow(early);
    await first;
    const late = "a rollout of 'm' to version 2 is not over: step 1 of 2 (50 %) is being held";
    await expect(rollouts.begin(declare(), 'bob')).rejects.toThrow(new MillraceError('already_exists', late));
  });

  it("carries out commands in their author's name, or refuses with the reason", async () => {
    const fixture = await createRolloutsFixture();
    const { rollouts } = fixture;
    const ask = (action: 'pause' | 'resume' | 'promote') => rollouts.command('m', { action, by: 'bob', note: 'so' });
    await expect(ask('pause')).rejects.toThrow("there is no rollout of 'm' that is not over");
    await rollouts.begin(declare(), 'ada');
    await ask('pause');
    await expect(ask('pause')).rejects.toThrow('there is nothing to pause: step 1 of 2 (50 %) is paused');
    await ask('resume');
    await ask('promote');
    expect(fixture.labelled.at(-1)).toBe('bob: m {"stable":2,"canary":null}');
    expect(rollouts.all()).toEqual([]);
    expect((await decisions(fixture)).slice(1)).toEqual([
      'bob: pause: paused by bob: so',
      'bob: resume: resumed by bob: so',
      'bob: promote: promoted without the steps that are left by bob: so',
      "millrace: finish: 'm' stands for version 2 now",
    ]);
  });

  it('goes back although that cannot be stored, which is made up for', async () => {
    const fixture = await createRolloutsFixture();
    const { parts, rollouts, told } = fixture;
    await rollouts.begin(declare(), 'ada');
    const { decide } = parts.store.rollouts;
    const full = new MillraceError('unavailable', 'the disk is full');
    parts.store.rollouts.decide = () => Promise.reject(full);
    await expect(rollouts.command('m', { action: 'abort', by: 'bob' })).rejects.toThrow(full);
    expect(fixture.ask(0.6)).toBeUndefined();
    await pass(fixture, 250);
    expect(told.at(-1)).toBe("the rollout of 'm' stays as it is for now: the disk is full");
    parts.store.rollouts.decide = decide;
    await pass(fixture, 250);
    expect((await decisions(fixture)).at(-1)).toBe('bob: abort: aborted by bob');
    expect(rollouts.all()).toEqual([]);
  });

  it('does not go on where that cannot be stored', async () => {
    const fixture = await createRolloutsFixture();
    const { parts, rollouts } = fixture;
    await rollouts.begin(declare(proceed), 'ada');
    const { decide } = parts.store.rollouts;
    parts.store.rollouts.decide = () => Promise.reject(new MillraceError('unavailable', 'the disk is full'));
    await pass(fixture, 10_500);
    expect(fixture.ask(0.4)).toBe('stable');
    parts.store.rollouts.decide = decide;
    await pass(fixture, 250);
    expect(fixture.ask(0.4)).toBe('canary');
  });

  it('is rolled back where the label cannot move, and tries again where it cannot move now', async () => {
    const fixture = await createRolloutsFixture();
    const { parts, rollouts, told } = fixture;
    await rollouts.begin(declare(), 'ada');
    const failures = [
      new MillraceError('unavailable', 'the disk is full'),
      new MillraceError('failed_precondition', 'no'),
    ];
    const { change } = parts.labels;
    parts.labels.change = (...given) => {
      const failure = failures.shift();
      return failure === undefined ? change(...given) : Promise.reject(failure);
    };
    await rollouts.command('m', { action: 'promote', by: 'bob' });
    expect(told).toEqual(["the rollout of 'm' stays as it is for now: the disk is full"]);
    await pass(fixture, 250);
    expect(fixture.labelled.at(-1)).toBe('millrace: m {"canary":null}');
    expect((await decisions(fixture)).at(-1)).toBe(
      "millrace: roll_back: the label 'stable' cannot move to version 2: no",
    );
  });
});

describe('a sticky rollout that is paused as nothing certain is known', () => {
  /** 50 % of the users get canary. */
  async function paused() {
    const fixture = await createRolloutsFixture();
    const { declared, given } = declare({ maxHoldMs: 10_000 });
    const sticky = { parameter: 'user' };
    await fixture.rollouts.begin({ declared: { ...declared, sticky, judge: { outcomes: {} } }, given }, 'ada');
    const known = armsOf(fixture, 'known');
    await pass(fixture, 10_000);
    expect(fixture.rollouts.of('m')?.state).toMatchObject({ kind: 'paused', cause: 'inconclusive' });
    return { fixture, known };
  }
  /** The arms of forty users. */
  const armsOf = (fixture: RolloutsFixture, name: string, ending: Ending = 'well') =>
    Array.from({ length: 40 }, (_, user) =>
      fixture.ask(0.9, ending, request(1, { parameters: { user: `${name}-${user}` } })),
    );
  const STABLE_ONLY = Array(40).fill('stable');

  it('keeps its users, and gives the canary no further ones until a decision', async () => {
    const { fixture, known } = await paused();
    expect(new Set(known).size).toBe(2);
    expect(armsOf(fixture, 'known')).toEqual(known);
    expect(armsOf(fixture, 'new')).toEqual(STABLE_ONLY);
    // Without a key, each request is assigned for itself.
    expect(fixture.ask(0.9)).toBe('canary');
    await fixture.rollouts.command('m', { action: 'resume', by: 'bob' });
    expect(armsOf(fixture, 'known')).toEqual(known);
    expect(new Set(armsOf(fixture, 'new')).size).toBe(2);
  });

  it('does so after a restart, too', async () => {
    const { fixture: before, known } = await paused();
    await before.rollouts.close();
    const after = await createRolloutsFixture({ store: before.store });
    await after.rollouts.resume();
    expect(armsOf(after, 'known')).toEqual(known);
    expect(armsOf(after, 'new')).toEqual(STABLE_ONLY);
  });

  it('counts no user meanwhile, and all of them once it continues', async () => {
    const { fixture } = await paused();
    const observations = () => {
      const { stable = 0, canary = 0 } = fixture.rollouts.of('m')?.verdict.metrics[0]?.observations ?? {};
      return stable + canary;
    };
    expect(observations()).toBe(40);
    armsOf(fixture, 'new');
    expect(observations()).toBe(40);
    await fixture.rollouts.command('m', { action: 'resume', by: 'bob' });
    armsOf(fixture, 'new');
    expect(observations()).toBe(80);
  });

  it('is rolled back by the guard rail where canary fails the users that it has', async () => {
    const { fixture, known } = await paused();
    for (let count = 0; fixture.rollouts.of('m')?.state.kind === 'paused' && count < 2_000; count++) {
      const user = count % 40;
      const asked = request(1, { parameters: { user: `known-${user}` } });
      fixture.ask(0, known[user] === 'canary' ? 'internal' : 'well', asked);
      await fixture.clock.advance(5);
    }
    await pass(fixture, 250);
    expect((await decisions(fixture)).at(-1)).toMatch(
      /^millrace: roll_back: version 2 against version 1: errors are worse: /,
    );
  });
});

describe('a rollout after a restart', () => {
  it('is in the same step, with its observations of a second before', async () => {
    const before = await createRolloutsFixture();
    await before.rollouts.begin(declare(proceed), 'ada');
    await pass(before, 10_000);
    for (let count = 0; count < 100; count++) before.ask(0.6, count % 10 === 0 ? 'internal' : 'well');
    await pass(before, 1_500);
    const seen = before.rollouts.of('m')?.verdict.metrics[0]?.observations;
    await before.rollouts.close();

    const after = await createRolloutsFixture({ store: before.store });
    await after.rollouts.resume();
    const run = after.rollouts.of('m');
    expect(run?.state).toMatchObject({ kind: 'holding', step: 1, heldMs: 1_500, requests: 100 });
    expect(run?.verdict.metrics[0]?.observations).toEqual(seen);
    expect(after.ask(0.4)).toBe('canary');
    await pass(after, 8_750);
    expect(after.labelled).toEqual(['millrace: m {"stable":2,"canary":null}']);
  });

  it('has its timeline, with a point at each decision, and keeps it when it is over', async () => {
    const before = await createRolloutsFixture();
    const { id } = (await before.rollouts.begin(declare(proceed), 'ada')).record;
    for (let count = 0; count < 128; count++) before.ask(count % 2 === 0 ? 0.4 : 0.6);
    await pass(before, 3_000);
    await before.rollouts.close();
    const after = await createRolloutsFixture({ store: before.store });
    await after.rollouts.resume();
    const { timeline } = (after.rollouts.of('m') ?? {}) as { readonly timeline: readonly TimelinePoint[] };
    expect(timeline).toEqual(before.rollouts.of('m')?.timeline);
    const last = timeline.at(-1);
    expect(last?.weight).toBe(50);
    expect(last?.metrics[0]).toMatchObject({ name: 'errors', margin: { low: -1, high: 0.02 } });
    const points = timeline.length;
    await after.rollouts.command('m', { action: 'pause', by: 'bob' });
    await after.rollouts.command('m', { action: 'abort', by: 'bob' });
    const seen = await readSeen(after.store.snapshots, { id, model: 'm' });
    expect(seen.timeline.map(({ weight }) => weight).slice(points)).toEqual([50, 0]);
    expect((await readSeen(after.store.snapshots, { id: 'another', model: 'm' })).timeline).toEqual([]);
  });

  it('has the timeline that an earlier version has stored, without metrics', async () => {
    const before = await createRolloutsFixture();
    const { id } = (await before.rollouts.begin(declare(), 'ada')).record;
    await before.rollouts.close();
    const { snapshots } = before.store;
    const point = { atMs: 1, weight: 50, evidence: 0.1 };
    const snapshot = (await snapshots.get(SNAPSHOT_KIND, 'm')) as object;
    await snapshots.put(SNAPSHOT_KIND, 'm', { ...snapshot, timeline: [point] });
    await snapshots.remove(TIMELINE_KIND, 'm');
    expect((await readSeen(snapshots, { id, model: 'm' })).timeline).toEqual([{ ...point, metrics: [] }]);
  });

  it('waits for versions that are being loaded, without counting the time', async () => {
    const before = await createRolloutsFixture();
    await before.rollouts.begin(declare(), 'ada');
    await before.rollouts.close();
    const after = await createRolloutsFixture({ store: before.store });
    after.presences.set(2, { kind: 'coming' });
    await after.rollouts.resume();
    await pass(after, 5_000);
    expect(after.rollouts.of('m')?.state).toMatchObject({ kind: 'holding', step: 0, heldMs: 0 });
    after.presences.set(2, { kind: 'gone', why: 'it failed: no such file' });
    await pass(after, 250);
    expect((await decisions(after)).at(-1)).toBe(
      'millrace: roll_back: version 2 does not serve any more: it failed: no such file',
    );
  });

  it('reports an unreadable store, and affects no request', async () => {
    const { parts, rollouts, told } = await createRolloutsFixture();
    parts.store.rollouts.open = () => Promise.reject(new MillraceError('unavailable', 'the file is damaged'));
    await rollouts.resume();
    expect(told).toEqual(['no rollout goes on: the file is damaged']);
  });
});
