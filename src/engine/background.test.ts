import { describe, expect, it } from 'vitest';
import { call, Outcome, request } from '../../test/support/engine-fixture.js';
import { createSchedulerFixture, submitTo } from '../../test/support/scheduler-fixture.js';

const POLICY = { maxRequests: 2, timeoutMs: 0, timeoutAction: 'reject' as const, allowTimeoutOverride: true };
const ONE_BY_ONE = { batching: false, maxRows: 8, preferredSizes: [], maxDelayMs: 0 };

type Fixture = ReturnType<typeof createSchedulerFixture>;

function submitInBackground({ scheduler }: Fixture, value: number): Outcome {
  const sink = new Outcome();
  scheduler.submit({ request: request(value), call: call().child({ receivedAt: 0, lane: 'background' }), sink });
  return sink;
}

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
