import { describe, expect, it } from 'vitest';
import { IDENTITY, Outcome, request } from '../../../test/support/engine-fixture.js';
import { principalWith } from '../../../test/support/principals.js';
import { createSchedulerFixture, type FixtureOptions, LIMITS } from '../../../test/support/scheduler-fixture.js';
import { Call, type InferRequest } from '../../core/index.js';

const ONE_BY_ONE = { ...LIMITS.batching, batching: false };
const POLICY = { maxRequests: 4, timeoutMs: 0, timeoutAction: 'reject' as const, allowTimeoutOverride: true };

/** A scheduler of batches of one, unless said otherwise, and who was served in which order. */
function createFixture({ limits, ...options }: FixtureOptions = {}) {
  const fixture = createSchedulerFixture({ ...options, limits: { batching: ONE_BY_ONE, ...limits } });
  const names = new Map<number, string>();
  let value = 0;
  /** Requests of a principal; each has its own number. */
  const send = (name: string, count: number, fields: Partial<InferRequest> = {}): readonly Outcome[] =>
    Array.from({ length: count }, () => {
      value++;
      names.set(value, name);
      const principal = principalWith(name, 'caller');
      const options = { requestId: 'r', principal, trace: undefined, deadlineAt: Number.POSITIVE_INFINITY };
      const sink = new Outcome();
      const call = new Call({ ...options, receivedAt: 0 });
      fixture.scheduler.submit({ request: request(value, fields), call, sink });
      return sink;
    });
  const { given } = fixture.instance();
  /** Whose requests each batch has had. */
  const batches = () =>
    given.map(({ batch }) =>
      batch.items
        .map(({ inputs }) => new Float32Array(inputs[0]?.data.slice().buffer ?? [])[0] ?? 0)
        .map((number) => names.get(number))
        .join(''),
    );
  const finish = async (count: number) => {
    for (let index = 0; index < count; index++) {
      await fixture.clock.flush();
      fixture.instance().running?.finish();
    }
    await fixture.clock.flush();
  };
  return { ...fixture, send, batches, finish };
}

describe('who floods a model', () => {
  it('takes turns with whoever comes', async () => {
    const { send, batches, finish } = createFixture();
    send('a', 6);
    await finish(2);
    send('b', 2);
    await finish(6);
    expect(batches()).toEqual(['a', 'a', 'a', 'b', 'a', 'b', 'a', 'a']);
  });

  it('shares batches', async () => {
    const { send, batches, finish } = createFixture({ limits: { batching: { ...LIMITS.batching, maxRows: 4 } } });
    send('a', 8);
    send('b', 3);
    await finish(3);
    expect(batches()).toEqual(['abab', 'abaa', 'aaa']);
  });

  it('gets turns by weight', async () => {
    const weightOf = ({ name }: { readonly name: string }) => (name === 'b' ? 3 : 1);
    const { send, batches, finish } = createFixture({ fairness: { between: 'principals', weightOf } });
    send('a', 4);
    send('b', 6);
    await finish(8);
    expect(batches().join('')).toBe('abbbabbba');
  });

  it('does not wait for the turns of others who are less urgent', async () => {
    const { send, batches, finish } = createFixture({ limits: { policies: [POLICY, POLICY], defaultLevel: 1 } });
    send('b', 1, { priority: 2 });
    send('a', 3, { priority: 1 });
    await finish(4);
    expect(batches()).toEqual(['a', 'a', 'a', 'b']);
  });

  it('gets all there is where nobody else wants anything, in the order of coming', async () => {
    const { send, instance, finish } = createFixture({ limits: { batching: { ...LIMITS.batching, maxRows: 4 } } });
    const outcomes = send('a', 10);
    await finish(3);
    expect(instance().given.map(({ batch }) => batch.items.length)).toEqual([4, 4, 2]);
    expect(outcomes.map(({ values }) => values)).toEqual(Array.from({ length: 10 }, (_, index) => [index + 1]));
  });

  it('is served in the order of coming where nobody takes turns', async () => {
    const { send, batches, finish } = createFixture({ fairness: { between: 'nobody' } });
    send('a', 3);
    send('b', 1);
    await finish(4);
    expect(batches()).toEqual(['a', 'a', 'a', 'b']);
  });

  it('is served in the order of coming where answers keep that order', async () => {
    const { send, batches, finish } = createFixture({ limits: { preserveOrder: true } });
    send('a', 3);
    send('b', 1);
    await finish(4);
    expect(batches()).toEqual(['a', 'a', 'a', 'b']);
  });
});

describe('a model of long runs', () => {
  const LONG = { decoupled: true, reservesLastPlace: true, concurrency: 4 };

  it('keeps one of its places from a caller who has the others', async () => {
    const { send, batches, finish } = createFixture({ limits: LONG });
    send('a', 6);
    await finish(0);
    expect(batches()).toEqual(['a', 'a', 'a']);
    send('b', 1);
    await finish(0);
    expect(batches()).toEqual(['a', 'a', 'a', 'b']);
    await finish(1);
    expect(batches()).toEqual(['a', 'a', 'a', 'b', 'a']);
  });

  it('goes on with the next of a caller when one has ended', async () => {
    const { send, batches, finish } = createFixture({ limits: LONG });
    send('a', 5);
    await finish(2);
    expect(batches()).toEqual(['a', 'a', 'a', 'a', 'a']);
  });

  it.each([
    ['who have no credentials', 'anonymous', {}],
    ['where nobody takes turns', 'a', { fairness: { between: 'nobody' } }],
    ['whose answers are one each', 'a', { limits: { ...LONG, decoupled: false, reservesLastPlace: false } }],
  ] as const)('gives all places to callers %s', async (_whom, name, options) => {
    const { send, batches, finish } = createFixture({ limits: LONG, ...options });
    send(name, 5);
    await finish(0);
    expect(batches()).toHaveLength(4);
  });

  it('gives its only place to anybody', async () => {
    const { send, batches, finish } = createFixture({ limits: { ...LONG, concurrency: 1, prefetchBelowMs: 0 } });
    send('a', 2);
    await finish(0);
    expect(batches()).toEqual(['a']);
  });
});

describe('a full queue', () => {
  const kinds = (outcomes: readonly Outcome[]) => outcomes.map(({ kind }) => kind);

  it('has room for who has less there: the newest request of who has most is refused', async () => {
    const { send, batches, finish, scheduler } = createFixture({ limits: { policies: [POLICY] } });
    send('a', 1);
    await finish(0);
    const ofA = send('a', 4);
    const ofB = send('b', 3);
    expect(kinds(ofA)).toEqual(['pending', 'pending', 'resource_exhausted', 'resource_exhausted']);
    expect(ofA[3]?.error?.message).toBe("the queue of model 'm/1' is full: 4 requests are waiting; try again later");
    expect(kinds(ofB)).toEqual(['pending', 'pending', 'resource_exhausted']);
    expect(scheduler.queuedRequests).toBe(4);
    await finish(5);
    expect(batches()).toEqual(['a', 'a', 'b', 'a', 'b']);
  });

  it('refuses whoever comes where nobody takes turns', async () => {
    const { send, finish } = createFixture({ limits: { policies: [POLICY] }, fairness: { between: 'nobody' } });
    send('a', 1);
    await finish(0);
    const ofA = send('a', 4);
    expect(kinds(send('b', 1))).toEqual(['resource_exhausted']);
    expect(kinds(ofA)).toEqual(['pending', 'pending', 'pending', 'pending']);
  });

  it('keeps what waits where the newcomer cannot be taken for another reason', async () => {
    const { send, finish } = createFixture({ limits: { policies: [POLICY] }, maxBytes: 40 });
    send('a', 1);
    await finish(0);
    const ofA = send('a', 4);
    expect(kinds(send('b', 1))).toEqual(['resource_exhausted']);
    expect(kinds(ofA)).toEqual(['pending', 'pending', 'pending', 'pending']);
  });
});

describe('steps of a sequence', () => {
  it('run in the order of their coming, and another principal with the same id has a sequence of its own', async () => {
    const limits = {
      sequences: {
        slotsPerInstance: 4,
        maxPerPrincipal: 100,
        maxIdleMs: 1_000,
        minSlotUtilization: undefined,
        idInput: undefined,
      },
    };
    const { send, batches, finish } = createFixture({ description: { ...IDENTITY, stateful: true }, limits });
    const step = (start: boolean, end: boolean) => ({ sequence: { id: 'talk', start, end } });
    send('a', 1, step(true, false));
    send('a', 2, step(false, false));
    expect(send('b', 1, step(false, false))[0]?.kind).toBe('invalid_argument');
    send('b', 1, step(true, true));
    send('a', 1, step(false, true));
    await finish(5);
    expect(batches()).toEqual(['a', 'b', 'a', 'a', 'a']);
  });
});
