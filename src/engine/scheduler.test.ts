import { describe, expect, it } from 'vitest';
import { call, Outcome, request } from '../../test/support/engine-fixture.js';
import { createSchedulerFixture } from '../../test/support/scheduler-fixture.js';
import { MillraceError } from '../core/index.js';
import { RunnerDiedError } from '../runtimes/index.js';

type Fixture = ReturnType<typeof createSchedulerFixture>;

function submit(fixture: Fixture, value: number, options: Parameters<typeof request>[1] = {}) {
  const outcome = new Outcome();
  const theCall = call();
  fixture.scheduler.submit({ request: request(value, options), call: theCall, sink: outcome });
  return { outcome, call: theCall };
}

describe('Scheduler', () => {
  it('puts what arrives together into one batch and gives everybody their own rows', async () => {
    const fixture = createSchedulerFixture();
    const first = submit(fixture, 1);
    const second = submit(fixture, 2, { rows: 2 });
    await fixture.clock.flush();
    expect(fixture.instance().given).toHaveLength(1);
    fixture.instance().running?.finish();
    await fixture.clock.flush();
    expect(first.outcome.values).toEqual([1]);
    expect(second.outcome.values).toEqual([2, 2]);
    expect(fixture.statistics).toMatchObject({ inferenceCount: 3, executionCount: 1, success: { count: 2 } });
    expect(fixture.budget.usedBytes).toBe(0);
  });

  it('records where the time of a call went', async () => {
    const fixture = createSchedulerFixture();
    const { call: theCall } = submit(fixture, 1);
    await fixture.clock.advance(5);
    fixture.instance().running?.finish();
    await fixture.clock.flush();
    expect(theCall.timing).toMatchObject({
      enqueuedAt: 1_000,
      dequeuedAt: 1_000,
      startedAt: 1_000,
      finishedAt: 1_005,
      computeInferMs: 2,
      batchRows: 1,
      batchReason: 'idle',
    });
  });

  it('answers the mates of every member that cancels, wherever it stands in the batch', async () => {
    for (let position = 0; position < 4; position++) {
      const fixture = createSchedulerFixture();
      const calls = [1, 2, 3, 4].map((value) => submit(fixture, value));
      await fixture.clock.flush();
      calls[position]?.call.cancel(new MillraceError('cancelled', 'the client left'));
      expect(calls[position]?.outcome.kind).toBe('cancelled');
      fixture.instance().running?.finish();
      await fixture.clock.flush();
      expect(calls.map(({ outcome }) => outcome.kind)).toEqual(
        calls.map((_, index) => (index === position ? 'cancelled' : 'ok')),
      );
      expect(calls.map(({ outcome }) => outcome.ends)).toEqual([1, 1, 1, 1]);
      expect(fixture.budget.usedBytes).toBe(0);
    }
  });

  it('drops what nobody waits for before running it', async () => {
    const fixture = createSchedulerFixture();
    submit(fixture, 1);
    await fixture.clock.flush();
    const waiting = submit(fixture, 2);
    waiting.call.cancel(new MillraceError('cancelled', 'the client left'));
    fixture.instance().running?.finish();
    await fixture.clock.flush();
    expect(fixture.instance().given).toHaveLength(1);
    expect(fixture.scheduler.queuedRequests).toBe(0);
  });

  it('fails only the member that the runtime refuses', async () => {
    const fixture = createSchedulerFixture();
    const good = submit(fixture, 1);
    const bad = submit(fixture, 2);
    await fixture.clock.flush();
    const { batch } = fixture.instance().given[0] ?? {};
    fixture.instance().running?.finishWithItemError(batch?.items[1]?.callId ?? -1, 'index out of range');
    await fixture.clock.flush();
    expect(good.outcome.kind).toBe('ok');
    expect(bad.outcome.error?.message).toBe('index out of range');
  });

  it('runs the members of a failed batch one by one, so that the guilty one fails alone', async () => {
    const fixture = createSchedulerFixture();
    const outcomes = [1, 2, 3].map((value) => submit(fixture, value).outcome);
    await fixture.clock.flush();
    fixture.instance().running?.fail(new MillraceError('internal', 'the graph raised'));
    for (let turn = 0; turn < 3; turn++) {
      await fixture.clock.flush();
      const running = fixture.instance().running;
      if (turn === 1) running?.fail(new MillraceError('internal', 'the graph raised'));
      else running?.finish();
    }
    await fixture.clock.flush();
    expect(outcomes.map((outcome) => outcome.kind)).toEqual(['ok', 'internal', 'ok']);
    expect(fixture.instance().given.map(({ batch }) => batch.items.length)).toEqual([3, 1, 1, 1]);
  });

  it('does not run a failed batch again when the model has side effects', async () => {
    const fixture = createSchedulerFixture({ limits: { pure: false } });
    const outcomes = [1, 2].map((value) => submit(fixture, value).outcome);
    await fixture.clock.flush();
    fixture.instance().running?.fail(new MillraceError('internal', 'the script raised'));
    await fixture.clock.flush();
    expect(outcomes.map((outcome) => outcome.kind)).toEqual(['internal', 'internal']);
    expect(fixture.instance().given).toHaveLength(1);
  });

  it('retries the suspects of a dead runner alone, and refuses the one that kills again', async () => {
    const fixture = createSchedulerFixture();
    const innocent = submit(fixture, 1);
    const guilty = submit(fixture, 2);
    await fixture.clock.flush();
    fixture.instance().die('signal SIGABRT');
    await fixture.clock.advance(100);
    expect(fixture.instance().given[0]?.batch.items).toHaveLength(1);
    fixture.instance().running?.finish();
    await fixture.clock.flush();
    fixture.instance().die('signal SIGABRT');
    await fixture.clock.advance(1_000);
    expect(innocent.outcome.kind).toBe('ok');
    expect(guilty.outcome.error?.message).toBe('the runner died: signal SIGABRT');
    expect(guilty.outcome.kind).toBe('unavailable');
    expect(fixture.pool.up).toBe(1);
  });

  it('resubmits a batch that was sent ahead and had not begun when the runner died', async () => {
    const fixture = createSchedulerFixture({ limits: { prefetchBelowMs: 2 } });
    const first = submit(fixture, 1);
    await fixture.clock.flush();
    const second = submit(fixture, 2);
    const third = submit(fixture, 3);
    await fixture.clock.flush();
    expect(fixture.instance().given.map(({ batch }) => batch.items.length)).toEqual([1, 2]);
    fixture.instance().die('signal SIGKILL');
    await fixture.clock.advance(100);
    // The suspect first, by itself; nothing is sent ahead of its end.
    expect(fixture.instance().given.map(({ batch }) => batch.items.length)).toEqual([1]);
    fixture.instance().running?.finish();
    await fixture.clock.flush();
    expect(fixture.instance().given.map(({ batch }) => batch.items.length)).toEqual([1, 2]);
    fixture.instance().running?.finish();
    await fixture.clock.flush();
    expect([first, second, third].map(({ outcome }) => outcome.values)).toEqual([[1], [2], [3]]);
  });

  it('sends nothing ahead to an instance that has died, until a batch has ended well there', async () => {
    const fixture = createSchedulerFixture({ limits: { prefetchBelowMs: 2 } });
    fixture.instance().die('signal SIGKILL');
    await fixture.clock.advance(100);
    submit(fixture, 1);
    await fixture.clock.flush();
    submit(fixture, 2);
    await fixture.clock.flush();
    expect(fixture.instance().given).toHaveLength(1);
    fixture.instance().running?.finish();
    await fixture.clock.flush();
    submit(fixture, 3);
    await fixture.clock.flush();
    expect(fixture.instance().outstanding).toHaveLength(2);
  });

  it('refuses what was sent ahead and waits too long for its beginning, and nothing that has begun', async () => {
    const policies = [{ maxRequests: 9, timeoutMs: 50, timeoutAction: 'reject' as const, allowTimeoutOverride: true }];
    const fixture = createSchedulerFixture({ limits: { prefetchBelowMs: 2, policies } });
    const first = submit(fixture, 1);
    await fixture.clock.flush();
    const second = submit(fixture, 2);
    await fixture.clock.advance(50);
    expect(fixture.instance().given).toHaveLength(2);
    expect([first.outcome.kind, second.outcome.error?.message]).toEqual([
      'pending',
      "the request waited longer than its 50 ms in the queue of model 'm/1'; try again later",
    ]);
    fixture.instance().running?.finish();
    await fixture.clock.flush();
    fixture.instance().running?.finish();
    await fixture.clock.flush();
    expect([first.outcome.kind, second.outcome.ends, fixture.scheduler.executingRequests]).toEqual(['ok', 1, 0]);
  });

  it('lets a batch run for as long again when its process has loaded a model meanwhile', async () => {
    const fixture = createSchedulerFixture({ limits: { executionTimeoutMs: 500 } });
    const { outcome } = submit(fixture, 1);
    await fixture.clock.advance(300);
    fixture.instance().lastLoadAt = fixture.clock.now();
    await fixture.clock.advance(499);
    expect(outcome.kind).toBe('pending');
    await fixture.clock.advance(1);
    expect(outcome.error?.message).toBe("the runner died: a batch of model 'm/1' ran longer than 500 ms");
  });

  it('kills the runner of a batch that hangs and refuses a request that hung alone', async () => {
    const fixture = createSchedulerFixture({ limits: { executionTimeoutMs: 500 } });
    const { outcome } = submit(fixture, 1);
    await fixture.clock.advance(499);
    expect(outcome.kind).toBe('pending');
    await fixture.clock.advance(1);
    expect(outcome.kind).toBe('unavailable');
    expect(outcome.error?.message).toBe("the runner died: a batch of model 'm/1' ran longer than 500 ms");
    await fixture.clock.advance(100);
    const next = submit(fixture, 2);
    await fixture.clock.flush();
    fixture.instance().running?.finish();
    await fixture.clock.flush();
    expect(next.outcome.kind).toBe('ok');
  });

  it('waits longer before each further restart, and refuses requests while that is far off', async () => {
    const fixture = createSchedulerFixture();
    for (let death = 0; death < 5; death++) {
      fixture.instance().die('signal SIGSEGV');
      await fixture.clock.flush();
      if (death < 4) await fixture.clock.advance(100 * 2 ** death);
    }
    expect(submit(fixture, 1).outcome.error).toMatchObject({
      code: 'unavailable',
      message: "model 'm/1' is down (signal SIGSEGV) and starts again in 2 s",
    });
    await fixture.clock.advance(1_600);
    const { outcome } = submit(fixture, 2);
    await fixture.clock.flush();
    fixture.instance().running?.finish();
    await fixture.clock.flush();
    expect(outcome.kind).toBe('ok');
    fixture.instance().die('signal SIGSEGV');
    await fixture.clock.advance(100);
    expect(fixture.pool.up).toBe(1);
  });

  it('refuses at the door when the queue is full, but not what an idle instance takes at once', async () => {
    const policies = [{ maxRequests: 2, timeoutMs: 0, timeoutAction: 'reject' as const, allowTimeoutOverride: true }];
    const fixture = createSchedulerFixture({ limits: { policies } });
    const outcomes = Array.from({ length: 5 }, (_, value) => submit(fixture, value).outcome);
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
    submit(fixture, 1);
    submit(fixture, 2);
    const refused = submit(fixture, 3);
    expect(refused.outcome.error?.message).toBe(
      "model 'm/1' has too much data in flight for 8 more bytes: 16 of 20 bytes are taken; try again later",
    );
    await fixture.clock.flush();
    fixture.instance().running?.finish();
    await fixture.clock.flush();
    expect(submit(fixture, 4).outcome.kind).toBe('pending');
  });

  it("ends a request whose own queue time-out passes, as the queue's refusal", async () => {
    const fixture = createSchedulerFixture();
    submit(fixture, 1);
    await fixture.clock.flush();
    const { outcome } = submit(fixture, 2, { queueTimeoutMs: 100 });
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
    submit(fixture, 1);
    await fixture.clock.flush();
    submit(fixture, 2);
    await fixture.clock.advance(60);
    submit(fixture, 3);
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
    submit(fixture, 0, { priority: 1 });
    await fixture.clock.flush();
    submit(fixture, 3, { priority: 3 });
    submit(fixture, 2);
    submit(fixture, 1, { priority: 1 });
    expect(submit(fixture, 9, { priority: 7 }).outcome.kind).toBe('resource_exhausted');
    for (let turn = 0; turn < 4; turn++) {
      fixture.instance().running?.finish();
      await fixture.clock.flush();
    }
    const order = fixture
      .instance()
      .given.map(({ batch }) => new Float32Array(batch.items[0]?.inputs[0]?.data.slice().buffer ?? [])[0]);
    expect(order).toEqual([0, 1, 2, 3]);
  });

  it('uses every instance and releases answers in order of arrival where asked to', async () => {
    const fixture = createSchedulerFixture({
      instances: 2,
      limits: { preserveOrder: true, batching: { batching: false, maxRows: 8, preferredSizes: [], maxDelayMs: 0 } },
    });
    const first = submit(fixture, 1);
    const second = submit(fixture, 2);
    await fixture.clock.flush();
    fixture.instances[1]?.running?.finish();
    await fixture.clock.flush();
    expect(second.outcome.kind).toBe('pending');
    fixture.instances[0]?.running?.finish();
    await fixture.clock.flush();
    expect([first.outcome.kind, second.outcome.kind]).toEqual(['ok', 'ok']);
  });

  it('keeps nobody who gives up waiting for their turn in the order', async () => {
    const batching = { batching: false, maxRows: 8, preferredSizes: [], maxDelayMs: 0 };
    const fixture = createSchedulerFixture({ instances: 2, limits: { preserveOrder: true, batching } });
    const [slow, answered, executing, queued] = [1, 2, 3, 4].map((value) => submit(fixture, value));
    await fixture.clock.flush();
    fixture.instances[1]?.running?.finish();
    await fixture.clock.flush();
    const late = new MillraceError('deadline_exceeded', 'too late');
    const ends = [answered, executing, queued].map((given) => {
      given?.call.cancel(late);
      return given?.outcome;
    });
    expect(ends.map((outcome) => [outcome?.error, outcome?.ends, outcome?.responses.length])).toEqual(
      ends.map(() => [late, 1, 0]),
    );
    expect(slow?.outcome.kind).toBe('pending');
    for (const instance of fixture.instances) instance.running?.finish();
    await fixture.clock.flush();
    expect(slow?.outcome.kind).toBe('ok');
    expect(ends.map((outcome) => outcome?.ends)).toEqual([1, 1, 1]);
    expect(fixture.budget.usedBytes).toBe(0);
  });

  it('lets a caller give up from inside an answer that comes in its turn', async () => {
    const fixture = createSchedulerFixture({ limits: { preserveOrder: true } });
    const [leaving, next] = [submit(fixture, 1), submit(fixture, 2)];
    leaving.outcome.onResponse = () => leaving.call.cancel(new MillraceError('cancelled', 'too much'));
    await fixture.clock.flush();
    fixture.instance().running?.finish();
    await fixture.clock.flush();
    expect([leaving.outcome.kind, leaving.outcome.ends]).toEqual(['cancelled', 1]);
    expect([next.outcome.kind, next.outcome.ends]).toEqual(['ok', 1]);
  });

  it('sends nothing to a runner that is going down, however long that takes', async () => {
    const fixture = createSchedulerFixture();
    const dying = fixture.instance();
    let batches = 0;
    dying.execute = () => {
      batches++;
      return Promise.reject(new RunnerDiedError('killed, but not gone yet', { started: false }));
    };
    const { outcome } = submit(fixture, 1);
    await fixture.clock.flush();
    expect([batches, outcome.kind]).toEqual([1, 'pending']);
    dying.die('gone at last');
    await fixture.clock.advance(100);
    fixture.instance().running?.finish();
    await fixture.clock.flush();
    expect(outcome.kind).toBe('ok');
  });

  it('fills batches that hold more requests than planning looks past by itself', async () => {
    const batching = { batching: true, maxRows: 600, preferredSizes: [], maxDelayMs: 0 };
    const policies = [{ maxRequests: 900, timeoutMs: 0, timeoutAction: 'reject' as const, allowTimeoutOverride: true }];
    const fixture = createSchedulerFixture({ maxBatchSize: 600, limits: { batching, policies } });
    for (let value = 0; value < 700; value++) submit(fixture, value);
    await fixture.clock.flush();
    expect(fixture.instance().given[0]?.batch.rows).toBe(600);
  });

  it('waits for company while an instance is idle when a delay is configured', async () => {
    const batching = { batching: true, maxRows: 8, preferredSizes: [], maxDelayMs: 10 };
    const fixture = createSchedulerFixture({ limits: { batching } });
    submit(fixture, 1);
    await fixture.clock.advance(6);
    submit(fixture, 2);
    await fixture.clock.flush();
    expect(fixture.instance().given).toHaveLength(0);
    await fixture.clock.advance(4);
    expect(fixture.instance().given[0]?.batch.rows).toBe(2);
  });

  it('tells when it is idle and ends everything when aborted', async () => {
    const fixture = createSchedulerFixture();
    const running = submit(fixture, 1);
    await fixture.clock.flush();
    const waiting = submit(fixture, 2);
    let idle = false;
    void fixture.scheduler.idle().then(() => {
      idle = true;
    });
    fixture.scheduler.abort(new MillraceError('unavailable', 'the server ends'));
    expect([running.outcome.kind, waiting.outcome.kind]).toEqual(['unavailable', 'unavailable']);
    await fixture.clock.flush();
    expect(idle).toBe(false);
    fixture.instance().running?.finish();
    await fixture.clock.flush();
    expect(idle).toBe(true);
    expect(fixture.budget.usedBytes).toBe(0);
  });
});
