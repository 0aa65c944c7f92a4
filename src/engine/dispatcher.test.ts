import { describe, expect, it } from 'vitest';
import { createSchedulerFixture, submitTo } from '../../test/support/scheduler-fixture.js';
import { MillraceError } from '../core/index.js';
import { RunnerDiedError } from '../runtimes/index.js';

describe('a batch that fails', () => {
  it('fails only the member that the runtime refuses', async () => {
    const fixture = createSchedulerFixture();
    const good = submitTo(fixture, 1);
    const bad = submitTo(fixture, 2);
    await fixture.clock.flush();
    const { batch } = fixture.instance().given[0] ?? {};
    fixture.instance().running?.finishWithItemError(batch?.items[1]?.callId ?? -1, 'index out of range');
    await fixture.clock.flush();
    expect(good.outcome.kind).toBe('ok');
    expect(bad.outcome.error?.message).toBe('index out of range');
  });

  it('runs the members of a failed batch one by one, so that the guilty one fails alone', async () => {
    const fixture = createSchedulerFixture();
    const outcomes = [1, 2, 3].map((value) => submitTo(fixture, value).outcome);
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
    const outcomes = [1, 2].map((value) => submitTo(fixture, value).outcome);
    await fixture.clock.flush();
    fixture.instance().running?.fail(new MillraceError('internal', 'the script raised'));
    await fixture.clock.flush();
    expect(outcomes.map((outcome) => outcome.kind)).toEqual(['internal', 'internal']);
    expect(fixture.instance().given).toHaveLength(1);
  });

  it('retries the suspects of a dead runner alone, and refuses the one that kills again', async () => {
    const fixture = createSchedulerFixture();
    const innocent = submitTo(fixture, 1);
    const guilty = submitTo(fixture, 2);
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
    const first = submitTo(fixture, 1);
    await fixture.clock.flush();
    const second = submitTo(fixture, 2);
    const third = submitTo(fixture, 3);
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
    submitTo(fixture, 1);
    await fixture.clock.flush();
    submitTo(fixture, 2);
    await fixture.clock.flush();
    expect(fixture.instance().given).toHaveLength(1);
    fixture.instance().running?.finish();
    await fixture.clock.flush();
    submitTo(fixture, 3);
    await fixture.clock.flush();
    expect(fixture.instance().outstanding).toHaveLength(2);
  });

  it('refuses what was sent ahead and waits too long for its beginning, and nothing that has begun', async () => {
    const policies = [{ maxRequests: 9, timeoutMs: 50, timeoutAction: 'reject' as const, allowTimeoutOverride: true }];
    const fixture = createSchedulerFixture({ limits: { prefetchBelowMs: 2, policies } });
    const first = submitTo(fixture, 1);
    await fixture.clock.flush();
    const second = submitTo(fixture, 2);
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
    const { outcome } = submitTo(fixture, 1);
    await fixture.clock.advance(300);
    fixture.instance().lastLoadAt = fixture.clock.now();
    await fixture.clock.advance(499);
    expect(outcome.kind).toBe('pending');
    await fixture.clock.advance(1);
    expect(outcome.error?.message).toBe("the runner died: a batch of model 'm/1' ran longer than 500 ms");
  });

  it('kills the runner of a batch that hangs and refuses a request that hung alone', async () => {
    const fixture = createSchedulerFixture({ limits: { executionTimeoutMs: 500 } });
    const { outcome } = submitTo(fixture, 1);
    await fixture.clock.advance(499);
    expect(outcome.kind).toBe('pending');
    await fixture.clock.advance(1);
    expect(outcome.kind).toBe('unavailable');
    expect(outcome.error?.message).toBe("the runner died: a batch of model 'm/1' ran longer than 500 ms");
    await fixture.clock.advance(100);
    const next = submitTo(fixture, 2);
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
    expect(submitTo(fixture, 1).outcome.error).toMatchObject({
      code: 'unavailable',
      message: "model 'm/1' is down (signal SIGSEGV) and starts again in 2 s",
    });
    await fixture.clock.advance(1_600);
    const { outcome } = submitTo(fixture, 2);
    await fixture.clock.flush();
    fixture.instance().running?.finish();
    await fixture.clock.flush();
    expect(outcome.kind).toBe('ok');
    fixture.instance().die('signal SIGSEGV');
    await fixture.clock.advance(100);
    expect(fixture.pool.up).toBe(1);
  });

  it('sends nothing to a runner that is going down, however long that takes', async () => {
    const fixture = createSchedulerFixture();
    const dying = fixture.instance();
    let batches = 0;
    dying.execute = () => {
      batches++;
      return Promise.reject(new RunnerDiedError('killed, but not gone yet', { started: false }));
    };
    const { outcome } = submitTo(fixture, 1);
    await fixture.clock.flush();
    expect([batches, outcome.kind]).toEqual([1, 'pending']);
    dying.die('gone at last');
    await fixture.clock.advance(100);
    fixture.instance().running?.finish();
    await fixture.clock.flush();
    expect(outcome.kind).toBe('ok');
  });
});
