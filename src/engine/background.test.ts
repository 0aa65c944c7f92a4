import { describe, expect, it } from 'vitest';
import { call, Outcome, request } from '../../test/support/engine-fixture.js';
import { createSchedulerFixture, submitTo } from '../../test/support/scheduler-fixture.js';
import type { SchedulerLimits } from './scheduler-limits.js';

const POLICY = { maxRequests: 2, timeoutMs: 0, timeoutAction: 'reject' as const, allowTimeoutOverride: true };
const ONE_BY_ONE = { batching: false, maxRows: 8, preferredSizes: [], maxDelayMs: 0 };

type Fixture = ReturnType<typeof createSchedulerFixture>;

function submitInBackground({ scheduler }: Fixture, value: number, options: InBackground = {}): Outcome {
  const { deadlineAt = Number.POSITIVE_INFINITY, ...fields } = options;
  const sink = new Outcome();
  const background = call().child({ receivedAt: 0, deadlineAt, priority: 'background' });
  scheduler.submit({ request: request(value, fields), call: background, sink });
  return sink;
}

type InBackground = Parameters<typeof request>[1] & { readonly deadlineAt?: number };

/** How many requests each batch has had. */
const sizes = (fixture: Fixture) => fixture.instance().given.map(({ batch }) => batch.items.length);

describe('work in the background', () => {
  it('runs when nothing else waits, whatever its priority', async () => {
    const fixture = createSchedulerFixture({ limits: { policies: [POLICY, POLICY], batching: ONE_BY_ONE } });
    submitTo(fixture, 1);
    await fixture.clock.flush();
    submitInBackground(fixture, 4);
    submitTo(fixture, 3, { priority: 2 });
    submitTo(fixture, 2, { priority: 1 });
    for (let turn = 0; turn < 4; turn++) {
      fixture.instance().running?.finish();
      await fixture.clock.flush();
    }
    const order = fixture
      .instance()
      .given.map(({ batch }) => new Float32Array(batch.items[0]?.inputs[0]?.data.slice().buffer ?? [])[0]);
    expect(order).toEqual([1, 2, 3, 4]);
  });

  it('has a queue of its own, which is full for nobody else', async () => {
    const fixture = createSchedulerFixture({ limits: { policies: [POLICY], batching: ONE_BY_ONE } });
    submitTo(fixture, 1);
    await fixture.clock.flush();
    const background = [1, 2, 3].map((value) => submitInBackground(fixture, value));
    expect(background.map(({ kind }) => kind)).toEqual(['pending', 'pending', 'resource_exhausted']);
    const online = [1, 2, 3].map((value) => submitTo(fixture, value).outcome.kind);
    expect(online).toEqual(['pending', 'pending', 'resource_exhausted']);
  });

  it('leaves half of the bytes that may be in flight to callers', () => {
    const fixture = createSchedulerFixture({ maxBytes: 32 });
    const background = [1, 2, 3].map((value) => submitInBackground(fixture, value));
    expect(background.map(({ kind }) => kind)).toEqual(['pending', 'pending', 'resource_exhausted']);
    expect(submitTo(fixture, 4).outcome.kind).toBe('pending');
  });
});

describe('a request in the background', () => {
  const BATCHES = { batching: true, maxRows: 64, preferredSizes: [], maxDelayMs: 0 };
  const create = (more: Parameters<typeof createSchedulerFixture>[0] = {}) =>
    createSchedulerFixture({ maxBatchSize: 64, ...more, limits: { batching: BATCHES, ...more.limits } });
  const run = async (fixture: Fixture, ms: number) => {
    submitTo(fixture, 0);
    await fixture.clock.advance(ms);
    fixture.instance().running?.finish();
    await fixture.clock.flush();
  };

  it('waits for others that share the cost of a batch with it, for 10 ms', async () => {
    const fixture = create();
    submitInBackground(fixture, 1);
    await fixture.clock.advance(6);
    submitInBackground(fixture, 2);
    await fixture.clock.advance(3);
    expect(sizes(fixture)).toEqual([]);
    await fixture.clock.advance(1);
    expect(sizes(fixture)).toEqual([2]);
  });

  it('waits no longer than until there are 32 rows', async () => {
    const fixture = create();
    for (let value = 0; value < 10; value++) submitInBackground(fixture, value, { rows: 3 });
    await fixture.clock.flush();
    expect(sizes(fixture)).toEqual([]);
    submitInBackground(fixture, 10, { rows: 2 });
    await fixture.clock.flush();
    expect(sizes(fixture)).toEqual([11]);
  });

  it('goes with whoever somebody waits for, who does not wait for it', async () => {
    const fixture = create();
    submitInBackground(fixture, 1);
    submitTo(fixture, 2);
    await fixture.clock.flush();
    expect(sizes(fixture)).toEqual([2]);
  });

  it.each([
    ['has a tenth of a second at most', { deadlineAt: 1_099 }],
    ['may not wait for long in the queue', { queueTimeoutMs: 99 }],
  ])('that %s does not wait', async (_, options) => {
    const fixture = create();
    submitInBackground(fixture, 1, options);
    await fixture.clock.flush();
    expect(sizes(fixture)).toEqual([1]);
  });

  it('does not wait where it takes the last place in the queue from others', async () => {
    const fixture = create({ limits: { policies: [POLICY] } });
    const outcomes = [1, 2, 3].map((value) => submitInBackground(fixture, value));
    expect(outcomes.map(({ kind }) => kind)).toEqual(['pending', 'pending', 'pending']);
    expect(sizes(fixture)).toEqual([2]);
  });

  it.each([
    [4, [1]],
    [5, [1, 1]],
  ])('waits where runs are short: of %d ms', async (ms, expected) => {
    const fixture = create();
    await run(fixture, ms);
    submitInBackground(fixture, 1);
    await fixture.clock.flush();
    expect(sizes(fixture)).toEqual(expected);
  });
});

describe('a model in use', () => {
  const SINGLE = { batching: ONE_BY_ONE, prefetchBelowMs: 1_000 };

  it('gets no batch of the background ahead of the one that it runs', async () => {
    const fixture = createSchedulerFixture({ limits: SINGLE });
    submitTo(fixture, 1);
    await fixture.clock.flush();
    submitInBackground(fixture, 2);
    await fixture.clock.flush();
    expect(sizes(fixture)).toEqual([1]);
    submitTo(fixture, 3);
    await fixture.clock.flush();
    expect(sizes(fixture)).toEqual([1, 1]);
  });

  it('gets one ahead again when it is not in use any more', async () => {
    const fixture = createSchedulerFixture({ limits: SINGLE });
    submitTo(fixture, 1);
    await fixture.clock.flush();
    submitInBackground(fixture, 2);
    await fixture.clock.advance(9_999);
    expect(sizes(fixture)).toEqual([1]);
    await fixture.clock.advance(1);
    expect(sizes(fixture)).toEqual([1, 1]);
  });
});

describe('instances for the background', () => {
  const create = (more: Partial<SchedulerLimits> = {}) =>
    createSchedulerFixture({ instances: 1, background: 1, limits: { batching: ONE_BY_ONE, ...more } });
  const given = ({ instances }: Fixture) => instances.map((instance) => instance.given.length);

  it('run its requests, and no others', async () => {
    const fixture = create();
    for (let value = 0; value < 3; value++) {
      submitInBackground(fixture, value);
      submitTo(fixture, value);
    }
    await fixture.clock.flush();
    expect(given(fixture)).toEqual([1, 1]);
    fixture.instances[1]?.running?.finish();
    await fixture.clock.flush();
    expect(given(fixture)).toEqual([1, 2]);
    fixture.instances[0]?.running?.finish();
    await fixture.clock.flush();
    expect(given(fixture)).toEqual([2, 2]);
  });

  it('get batches as large as any, also while the model is in use', async () => {
    const fixture = create({ batching: { batching: true, maxRows: 8, preferredSizes: [], maxDelayMs: 0 } });
    submitTo(fixture, 1);
    await fixture.clock.flush();
    await fixture.clock.advance(100);
    fixture.instances[0]?.running?.finish();
    await fixture.clock.flush();
    for (let value = 0; value < 8; value++) submitInBackground(fixture, value);
    await fixture.clock.flush();
    expect(fixture.instances[1]?.given.map(({ batch }) => batch.items.length)).toEqual([8]);
  });

  it('do not count as up where all others are down', async () => {
    const fixture = create();
    fixture.instances[0]?.die('killed');
    await fixture.clock.flush();
    expect(fixture.pool.up).toBe(0);
    expect(fixture.pool.outage()).toMatchObject({ reason: 'killed' });
  });
});
