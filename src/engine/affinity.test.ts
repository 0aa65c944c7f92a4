import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Outcome, request } from '../../test/support/engine-fixture.js';
import { createSchedulerFixture } from '../../test/support/scheduler-fixture.js';
import { bytesOf, Call, packBytes, type Tensor } from '../core/index.js';
import { LOCAL_OPERATOR } from '../governance/index.js';
import { AffinityTable } from './affinity.js';
import { affinityKeyOf } from './pending.js';
import type { SchedulerLimits } from './scheduler-limits.js';

const ALONE = { batching: false, maxRows: 8, preferredSizes: [], maxDelayMs: 0 };

function createFixture(limits: Partial<SchedulerLimits> = {}, instances = 2) {
  const fixture = createSchedulerFixture({
    instances,
    limits: { affinity: true, concurrency: 2, batching: ALONE, ...limits },
  });
  let lastValue = 0;
  const submit = (routingKey: string | undefined, value = ++lastValue) => {
    const outcome = new Outcome();
    const call = new Call({
      requestId: 'test',
      principal: LOCAL_OPERATOR,
      trace: undefined,
      deadlineAt: Number.POSITIVE_INFINITY,
      receivedAt: 1_000,
      routingKey,
    });
    fixture.scheduler.submit({ request: request(value), call, sink: outcome });
    return outcome;
  };
  /** How many batches each instance has been given so far. */
  const given = () => fixture.instances.map((instance) => instance.given.length);
  return { ...fixture, submit, given };
}

describe('requests with something in common', () => {
  it('go to the instance that has served the others while it has room, and elsewhere at once when it has not', async () => {
    const { clock, instances, submit, given } = createFixture();
    for (const key of ['a', 'b', 'b', 'b', 'a']) {
      submit(key);
      await clock.flush();
    }
    // The third `b` found its instance full, and took the key along.
    expect(given()).toEqual([2, 2]);
    instances[0]?.running?.finish();
    instances[1]?.running?.finish();
    await clock.flush();
    expect(given()).toEqual([3, 2]);
  });

  it('stay together where other instances have less to do', async () => {
    const { clock, submit, given } = createFixture({ concurrency: 4 }, 3);
    for (let round = 0; round < 4; round++) {
      submit('a');
      await clock.flush();
    }
    expect(given()).toEqual([4, 0, 0]);
  });

  it('have the beginning of their first input in common where no key is given', async () => {
    const { clock, submit, given } = createFixture();
    for (const value of [1, 2, 2, 1]) {
      submit(undefined, value);
      await clock.flush();
    }
    expect(given()).toEqual([2, 2]);
  });

  it('begin anew at any instance when theirs has started again', async () => {
    const { clock, instances, submit, given } = createFixture();
    submit('a');
    await clock.flush();
    instances[0]?.running?.finish();
    instances[0]?.die('crash');
    await clock.advance(100);
    for (const key of ['b', 'a']) {
      submit(key);
      await clock.flush();
    }
    expect(given()).toEqual([1, 1, 1]);
  });

  it('join no batch elsewhere while their own instance has room', async () => {
    const { clock, instances, submit } = createFixture({
      concurrency: 1,
      batching: { ...ALONE, batching: true },
    });
    submit('a');
    await clock.flush();
    submit('b');
    await clock.flush();
    for (const instance of instances) instance.running?.finish();
    await clock.flush();
    const answers = [submit('a', 11), submit('b', 12), submit('a', 13)];
    await clock.flush();
    expect(instances.map(({ given }) => given[1]?.batch.rows)).toEqual([2, 1]);
    for (const instance of instances) instance.running?.finish();
    await clock.flush();
    expect(answers.map(({ values }) => values)).toEqual([[11], [12], [13]]);
  });

  it('never wait while any instance has room, and are all answered', async () => {
    const steps = fc.array(fc.oneof(fc.constantFrom('a', 'b', 'c'), fc.constant(undefined), fc.nat({ max: 2 })), {
      maxLength: 40,
    });
    await fc.assert(
      fc.asyncProperty(steps, fc.boolean(), async (taken, batching) => {
        const { clock, instances, scheduler, submit } = createFixture({ batching: { ...ALONE, batching } }, 3);
        const outcomes: Outcome[] = [];
        for (const step of taken) {
          if (typeof step === 'number') instances[step]?.running?.finish();
          else outcomes.push(submit(step));
          await clock.flush();
          const full = instances.every(({ outstanding }) => outstanding.length === 2);
          expect(scheduler.queuedRequests === 0 || full).toBe(true);
        }
        while (instances.some(({ running }) => running !== undefined)) {
          for (const instance of instances) instance.running?.finish();
          await clock.flush();
        }
        expect(outcomes.map(({ kind }) => kind)).toEqual(outcomes.map(() => 'ok'));
      }),
      { numRuns: 50 },
    );
  });
});

describe('affinityKeyOf', () => {
  const text = (value: string): Tensor => {
    return { name: 'x', datatype: 'BYTES', shape: [1], data: packBytes([Buffer.from(value)]) };
  };
  const keyOf = (...inputs: readonly Tensor[]) => affinityKeyOf({ routingKey: undefined }, inputs);

  it('is the key of the caller before anything else, and no beginning can pass for it', () => {
    expect(affinityKeyOf({ routingKey: 'user-1' }, [text('x')])).toBe('key:user-1');
    expect(keyOf(text('key:user-1'))).not.toBe(affinityKeyOf({ routingKey: 'user-1' }, []));
  });

  it('is the same for texts that begin alike, however long they are', () => {
    const prefix = 'system prompt '.repeat(20);
    expect(keyOf(text(`${prefix} one`))).toBe(keyOf(text(`${prefix} and another question`)));
    expect(keyOf(text('one'))).not.toBe(keyOf(text('two')));
  });

  it('looks at numbers from their first byte on, and at nothing where there are no inputs', () => {
    const numbers = (...values: readonly number[]): Tensor => {
      return { name: 'x', datatype: 'INT32', shape: [values.length], data: bytesOf(Int32Array.from(values)) };
    };
    expect(keyOf(numbers(1, 2))).not.toBe(keyOf(numbers(2, 2)));
    expect(keyOf()).toBeUndefined();
  });
});

describe('AffinityTable', () => {
  it('forgets the keys that were not asked for longest', () => {
    const { pool } = createFixture();
    const table = new AffinityTable();
    const item = (key: number) => ({ affinityKey: `key:${key}` }) as never;
    const [slot] = pool.slots;
    if (slot === undefined) throw new Error('no slot');
    for (let key = 0; key < 5_000; key++) {
      table.sent(slot, [item(key)]);
      expect(table.homeOf(item(0), pool.slots)).toBe(slot);
    }
    expect(table.homeOf(item(1), pool.slots)).toBeUndefined();
    expect(table.homeOf(item(4_999), pool.slots)).toBe(slot);
  });
});
