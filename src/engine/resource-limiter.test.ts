import { describe, expect, it } from 'vitest';
import { call, Outcome, request } from '../../test/support/engine-fixture.js';
import { FakeClock } from '../../test/support/fake-clock.js';
import { chooseSeed, Random } from '../../test/support/random.js';
import { createSchedulerFixture } from '../../test/support/scheduler-fixture.js';
import { Call, MillraceError } from '../core/index.js';
import {
  type Permit,
  parseResources,
  type ResourceAccess,
  ResourceLimiter,
  type ResourceNeed,
} from './resource-limiter.js';

const R1: readonly ResourceNeed[] = [{ name: 'R1', count: 1 }];

function createFixture(limits: Readonly<Record<string, number>> = {}) {
  const clock = new FakeClock();
  const limiter = new ResourceLimiter(new Map(Object.entries(limits)), clock);
  /** A model that takes what it needs as soon as it can, again and again, and runs until the test ends a batch. */
  const busy = (model: string, needs: readonly ResourceNeed[], priority = 1) => {
    const running: Permit[] = [];
    let taken = 0;
    const take = () => {
      const permit = access.take([]);
      if (permit === undefined) return;
      taken++;
      running.push(permit);
    };
    const access: ResourceAccess = limiter.join({ model, needs, priority, wake: take });
    return {
      access,
      running,
      take,
      taken: () => taken,
      /** Ends the oldest batch; the next one is asked for at once. */
      end() {
        running.shift()?.release();
        take();
      },
    };
  };
  return { clock, limiter, busy };
}

describe('ResourceLimiter', () => {
  it('gives what there is and no more', async () => {
    const { clock, busy } = createFixture({ R1: 2 });
    const [a, b, c] = [busy('a', R1), busy('b', R1), busy('c', R1)];
    for (const user of [a, b, c]) user.take();
    expect([a.taken(), b.taken(), c.taken()]).toEqual([1, 1, 0]);
    a.running.pop()?.release();
    await clock.flush();
    expect(c.taken()).toBe(1);
  });

  it('has as much of a resource as the one who needs most of it, unless told', () => {
    const { busy } = createFixture();
    const [most, one] = [busy('most', [{ name: 'R1', count: 3 }]), busy('one', R1)];
    for (let index = 0; index < 4; index++) one.take();
    expect(one.taken()).toBe(3);
    most.access.leave();
    one.running.pop()?.release();
    one.take();
    expect(one.running).toHaveLength(2);
  });

  it('refuses who needs more than there is', () => {
    const { busy } = createFixture({ R1: 2 });
    expect(() => busy('a', [{ name: 'R1', count: 3 }])).toThrow(
      "instances.rateLimiter needs 3 of resource 'R1', but engine.rateLimitResources has 2",
    );
  });

  it('lets turns follow the priorities', async () => {
    const { clock, busy } = createFixture({ R1: 1 });
    const users = [busy('a', R1, 1), busy('b', R1, 2), busy('c', R1, 4)];
    for (const user of users) user.take();
    for (let turn = 0; turn < 70; turn++) {
      users.find(({ running }) => running.length > 0)?.end();
      await clock.flush();
    }
    expect(users.map((user) => user.taken())).toEqual([40, 20, 11]);
  });

  it('lets nobody overtake one who needs more', async () => {
    const { clock, busy } = createFixture({ R1: 2 });
    const [a, b] = [busy('a', R1), busy('b', R1)];
    for (let turn = 0; turn < 3; turn++) for (const user of [a, b]) user.end();
    const both = busy('both', [{ name: 'R1', count: 2 }]);
    both.take();
    a.end();
    await clock.flush();
    expect([both.taken(), a.running.length]).toEqual([0, 0]);
    b.end();
    await clock.flush();
    expect(both.taken()).toBe(1);
  });

  it('makes nobody wait whose caller holds resources', () => {
    const { limiter, busy } = createFixture({ R1: 1 });
    const caller = busy('caller', R1);
    caller.take();
    const called = limiter.join({ model: 'called', needs: R1, priority: 1, wake: () => undefined });
    expect(called.take(['other'])).toBeUndefined();
    called.take(['other', 'caller'])?.release();
    expect(called.take([])).toBeUndefined();
  });

  it('never gives too much and never forgets anybody, whatever happens', async () => {
    const seed = chooseSeed();
    const random = new Random(seed);
    for (let round = 0; round < 100; round++) {
      const limits = { R1: random.integer(1, 4), R2: random.integer(1, 4) };
      const { clock, busy } = createFixture(limits);
      const users = Array.from({ length: 5 }, (_, index) => {
        const needs = (['R1', 'R2'] as const)
          .map((name) => ({ name, count: random.integer(0, limits[name]) }))
          .filter(({ count }) => count > 0);
        return { needs, asked: 0, ...busy(`m${index}`, needs, random.integer(1, 3)) };
      });
      const check = () => {
        for (const [name, limit] of Object.entries(limits)) {
          const used = users.flatMap(({ needs, running }) =>
            running.map(() => needs.find((n) => n.name === name)?.count ?? 0),
          );
          expect(
            used.reduce((sum, count) => sum + count, 0),
            `seed ${seed}`,
          ).toBeLessThanOrEqual(limit);
        }
      };
      for (let step = 0; step < 60; step++) {
        const user = random.pick(users);
        if (random.chance(0.5)) user.take();
        else user.running.shift()?.release();
        if (random.chance(0.5)) await clock.flush();
        check();
      }
      for (const user of users) user.take();
      for (let turn = 0; turn < 50; turn++) {
        for (const user of users) user.end();
        await clock.flush();
      }
      const before = users.map((user) => user.taken());
      for (let turn = 0; turn < 50; turn++) {
        for (const user of users) user.end();
        await clock.flush();
        check();
      }
      users.forEach((user, index) => {
        expect(user.taken(), `seed ${seed}`).toBeGreaterThan(before[index] as number);
      });
    }
  });
});

describe('a scheduler with resources', () => {
  it('runs its batches one after the other with those of other models', async () => {
    const clock = new FakeClock();
    const limiter = new ResourceLimiter(new Map([['R1', 1]]), clock);
    const scheduler = (model: string) =>
      createSchedulerFixture({
        clock,
        instances: 2,
        limits: { batching: { batching: false, maxRows: 8, preferredSizes: [], maxDelayMs: 0 } },
        resources: (wake) => limiter.join({ model, needs: R1, priority: 1, wake }),
      });
    const models = [scheduler('a'), scheduler('b')];
    const outcomes = models.flatMap((model, index) =>
      [1, 2, 3].map((value) => {
        const outcome = new Outcome();
        model.scheduler.submit({ request: request(value + 10 * index), call: call(), sink: outcome });
        return outcome;
      }),
    );
    const order: string[] = [];
    for (let turn = 0; turn < 6; turn++) {
      await clock.flush();
      const running = models.flatMap(({ scheduler: { executingRequests }, instances }, index) =>
        executingRequests === 0 ? [] : [{ name: 'ab'[index], instances }],
      );
      expect(running).toHaveLength(1);
      order.push(running[0]?.name ?? '');
      const batches = running.flatMap(({ instances }) => instances).flatMap(({ given }) => given);
      if (turn === 2) batches.at(-1)?.fail(new Error('no'));
      for (const batch of batches) batch.finish();
    }
    await clock.flush();
    expect(order.join('')).toBe('abbaab');
    expect(outcomes.map(({ kind }) => kind).sort()).toEqual(['internal', 'ok', 'ok', 'ok', 'ok', 'ok']);
  });

  it('waits for nobody who has given up waiting', async () => {
    const clock = new FakeClock();
    const limiter = new ResourceLimiter(new Map([['R1', 2]]), clock);
    const scheduler = (model: string, count: number) =>
      createSchedulerFixture({
        clock,
        instances: 2,
        limits: { batching: { batching: false, maxRows: 8, preferredSizes: [], maxDelayMs: 0 } },
        resources: (wake) => limiter.join({ model, needs: [{ name: 'R1', count }], priority: 1, wake }),
      });
    const [one, both] = [scheduler('one', 1), scheduler('both', 2)];
    const leaving = call();
    one.scheduler.submit({ request: request(1), call: call(), sink: new Outcome() });
    await clock.flush();
    both.scheduler.submit({ request: request(2), call: leaving, sink: new Outcome() });
    await clock.flush();
    one.scheduler.submit({ request: request(3), call: call(), sink: new Outcome() });
    await clock.flush();
    expect(one.scheduler.executingRequests).toBe(1);
    leaving.cancel(new MillraceError('cancelled', 'the client left'));
    await clock.flush();
    expect(one.scheduler.executingRequests).toBe(2);
  });

  it('does not let what waits for resources hold up the model that has them', async () => {
    const clock = new FakeClock();
    const limiter = new ResourceLimiter(new Map([['R1', 1]]), clock);
    limiter.join({ model: 'caller', needs: R1, priority: 1, wake: () => undefined }).take([]);
    const fixture = createSchedulerFixture({
      clock,
      limits: { batching: { batching: false, maxRows: 8, preferredSizes: [], maxDelayMs: 0 } },
      resources: (wake) => limiter.join({ model: 'm', needs: R1, priority: 1, wake }),
    });
    const [outside, inside] = [new Outcome(), new Outcome()];
    const nested = new Call({ ...call(), trace: undefined, receivedAt: 0, callers: ['caller'] });
    fixture.scheduler.submit({ request: request(1), call: call(), sink: outside });
    fixture.scheduler.submit({ request: request(2), call: nested, sink: inside });
    await clock.flush();
    fixture.instance().running?.finish();
    await clock.flush();
    expect([outside.kind, inside.kind]).toEqual(['pending', 'ok']);
  });

  it('runs at once what a model asks that holds resources', async () => {
    const clock = new FakeClock();
    const limiter = new ResourceLimiter(new Map([['R1', 1]]), clock);
    limiter.join({ model: 'caller', needs: R1, priority: 1, wake: () => undefined }).take([]);
    const fixture = createSchedulerFixture({
      clock,
      resources: (wake) => limiter.join({ model: 'm', needs: R1, priority: 1, wake }),
    });
    const outside = new Outcome();
    const inside = new Outcome();
    const nested = new Call({ ...call(), trace: undefined, receivedAt: 0, callers: ['caller'] });
    fixture.scheduler.submit({ request: request(1), call: call(), sink: outside });
    await clock.flush();
    expect(fixture.scheduler.executingRequests).toBe(0);
    fixture.scheduler.submit({ request: request(2), call: nested, sink: inside });
    await clock.flush();
    fixture.instance().given[0]?.finish();
    await clock.flush();
    expect([outside.kind, inside.kind]).toEqual(['ok', 'ok']);
  });
});

it('reads resources as Triton writes them', () => {
  expect([...parseResources(['R1:4', 'R2:2:0', 'R2:3:1', 'a:b:5'])]).toEqual([
    ['R1', 4],
    ['R2', 3],
    ['a:b', 5],
  ]);
});
