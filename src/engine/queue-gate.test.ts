import { describe, expect, it } from 'vitest';
import { createSchedulerFixture, submitTo } from '../../test/support/scheduler-fixture.js';

describe('the queue of a model', () => {
  it('refuses at the door when the queue is full, but not what an idle instance takes at once', async () => {
    const policies = [{ maxRequests: 2, timeoutMs: 0, timeoutAction: 'reject' as const, allowTimeoutOverride: true }];
    const fixture = createSchedulerFixture({ limits: { policies } });
    const outcomes = Array.from({ length: 5 }, (_, value) => submitTo(fixture, value).outcome);
    expect(outcomes.map(({ kind }) => kind)).toEqual([
      'pending',
      'pending',
      'pending',
      'pending',
      'resource_exhausted',
    ]);
    expect(outcomes[4]?.error).toMatchObject({
      message: "the queue of model 'm/1' is full: 2 requests are waiting; try again later",
      retryAfterMs: 1_000,
    });
  });

  it('refuses when too many bytes are in flight, and has room again when they are answered', async () => {
    const fixture = createSchedulerFixture({ maxBytes: 20 });
    submitTo(fixture, 1);
    submitTo(fixture, 2);
    const refused = submitTo(fixture, 3);
    expect(refused.outcome.error?.message).toBe(
      "model 'm/1' has too much data in flight for 8 more bytes: 16 of 20 bytes are taken; try again later",
    );
    await fixture.clock.flush();
    fixture.instance().running?.finish();
    await fixture.clock.flush();
    expect(submitTo(fixture, 4).outcome.kind).toBe('pending');
  });

  it("ends a request whose own queue time-out passes, as the queue's refusal", async () => {
    const fixture = createSchedulerFixture();
    submitTo(fixture, 1);
    await fixture.clock.flush();
    const { outcome } = submitTo(fixture, 2, { queueTimeoutMs: 100 });
    await fixture.clock.advance(100);
    expect(outcome.error).toMatchObject({
      code: 'resource_exhausted',
      message: "the request waited longer than its 100 ms in the queue of model 'm/1'; try again later",
    });
  });

  it('puts an expired request behind all others where the policy delays', async () => {
    const policies = [{ maxRequests: 9, timeoutMs: 50, timeoutAction: 'delay' as const, allowTimeoutOverride: false }];
    const batching = { batching: false, maxRows: 8, preferredSizes: [], maxDelayMs: 0 };
    const fixture = createSchedulerFixture({ limits: { policies, batching } });
    submitTo(fixture, 1);
    await fixture.clock.flush();
    submitTo(fixture, 2);
    await fixture.clock.advance(60);
    submitTo(fixture, 3);
    for (let turn = 0; turn < 3; turn++) {
      fixture.instance().running?.finish();
      await fixture.clock.flush();
    }
    expect(fixture.instance().given.map(({ batch }) => batch.items[0]?.callId)).toHaveLength(3);
    const order = fixture
      .instance()
      .given.map(({ batch }) => new Float32Array(batch.items[0]?.inputs[0]?.data.slice().buffer ?? [])[0]);
    expect(order).toEqual([1, 3, 2]);
  });

  it('serves higher levels first and holds each level to its own queue', async () => {
    const policy = { maxRequests: 9, timeoutMs: 0, timeoutAction: 'reject' as const, allowTimeoutOverride: true };
    const batching = { batching: false, maxRows: 8, preferredSizes: [], maxDelayMs: 0 };
    const fixture = createSchedulerFixture({
      limits: { policies: [policy, policy, { ...policy, maxRequests: 1 }], defaultLevel: 2, batching },
    });
    submitTo(fixture, 0, { priority: 1 });
    await fixture.clock.flush();
    submitTo(fixture, 3, { priority: 3 });
    submitTo(fixture, 2);
    submitTo(fixture, 1, { priority: 1 });
    expect(submitTo(fixture, 9, { priority: 7 }).outcome.kind).toBe('resource_exhausted');
    for (let turn = 0; turn < 4; turn++) {
      fixture.instance().running?.finish();
      await fixture.clock.flush();
    }
    const order = fixture
      .instance()
      .given.map(({ batch }) => new Float32Array(batch.items[0]?.inputs[0]?.data.slice().buffer ?? [])[0]);
    expect(order).toEqual([0, 1, 2, 3]);
  });
});
