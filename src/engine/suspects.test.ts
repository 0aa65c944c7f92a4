import { describe, expect, it } from 'vitest';
import { Outcome, request } from '../../test/support/engine-fixture.js';
import { createSchedulerFixture } from '../../test/support/scheduler-fixture.js';
import { Call } from '../core/index.js';
import { LOCAL_OPERATOR } from '../governance/index.js';
import type { SchedulerLimits } from './scheduler-limits.js';

/** A model whose requests do not run again in the engine. */
function fixtureOf(limits: Partial<SchedulerLimits> = {}) {
  const fixture = createSchedulerFixture({ limits: { pure: false, ...limits } });
  const submit = (value: number, { runsAlone = false, origin }: { runsAlone?: boolean; origin?: Call } = {}) => {
    const call = new Call({
      requestId: 'test',
      principal: LOCAL_OPERATOR,
      trace: undefined,
      deadlineAt: Number.POSITIVE_INFINITY,
      receivedAt: fixture.clock.now(),
      runsAlone,
      ...(origin && { origin }),
    });
    const outcome = new Outcome();
    fixture.scheduler.submit({ request: request(value), call, sink: outcome });
    return { call, outcome };
  };
  const sizes = () => fixture.instance().given.map(({ batch }) => batch.items.length);
  return { ...fixture, submit, sizes };
}

describe('requests whose runner dies', () => {
  it('died with others where their batch had several', async () => {
    const { submit, clock, instance } = fixtureOf();
    const both = [submit(1), submit(2)];
    await clock.flush();
    instance().die('signal SIGABRT');
    await clock.flush();
    expect(both.map(({ outcome }) => outcome.kind)).toEqual(['unavailable', 'unavailable']);
    expect(both.map(({ call }) => call.diedWithOthers)).toEqual([true, true]);
  });

  it('died with others where several batches had begun, and those that had not are no company', async () => {
    const { submit, clock, instance } = fixtureOf({
      concurrency: 2,
      batching: { batching: false, maxRows: 0, preferredSizes: [], maxDelayMs: 0 },
    });
    const three = [submit(1), submit(2), submit(3)];
    await clock.flush();
    instance().die('signal SIGABRT');
    await clock.flush();
    expect(three.map(({ call }) => call.diedWithOthers)).toEqual([true, true, false]);
  });

  it('died alone where the batch had parts of one request only', async () => {
    const { submit, clock, instance } = fixtureOf();
    const origin = submit(0).call;
    await clock.flush();
    const parts = [submit(1, { origin }), submit(2, { origin })];
    instance().running?.finish();
    await clock.flush();
    instance().die('signal SIGABRT');
    await clock.flush();
    expect(parts.map(({ outcome }) => outcome.kind)).toEqual(['unavailable', 'unavailable']);
    expect(origin.diedWithOthers).toBe(false);
  });

  it('died alone where a pure model ran them again one by one', async () => {
    const { submit, clock, instance } = fixtureOf({ pure: true });
    const [first, second] = [submit(1), submit(2)];
    await clock.flush();
    instance().die('signal SIGABRT');
    await clock.advance(100);
    expect([first.call.diedWithOthers, second.call.diedWithOthers]).toEqual([true, true]);
    instance().running?.finish();
    await clock.flush();
    instance().die('signal SIGABRT');
    await clock.advance(1_000);
    expect([first.outcome.kind, second.outcome.kind]).toEqual(['ok', 'unavailable']);
    expect(second.call.diedWithOthers).toBe(false);
  });
});

describe('a request that runs alone', () => {
  it('has a batch of its own, in its turn', async () => {
    const { submit, clock, instance, sizes } = fixtureOf();
    submit(0);
    await clock.flush();
    submit(1);
    submit(2, { runsAlone: true });
    submit(3);
    for (let turn = 0; turn < 4; turn++) {
      instance().running?.finish();
      await clock.flush();
    }
    // What waited before it, and behind it.
    expect(sizes()).toEqual([1, 2, 1]);
  });

  it('shares its runner with no other batch', async () => {
    const { submit, clock, instance } = fixtureOf({ concurrency: 2 });
    submit(0);
    await clock.flush();
    submit(1, { runsAlone: true });
    await clock.flush();
    expect(instance().outstanding).toHaveLength(1);
    instance().running?.finish();
    await clock.flush();
    submit(2);
    await clock.flush();
    expect(instance().outstanding).toHaveLength(1);
    instance().running?.finish();
    await clock.flush();
    expect(instance().outstanding).toHaveLength(1);
  });
});
