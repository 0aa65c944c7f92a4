import { describe, expect, it } from 'vitest';
import { IDENTITY } from '../../test/support/engine-fixture.js';
import { createSchedulerFixture, submitTo } from '../../test/support/scheduler-fixture.js';
import { fp32 } from '../../test/support/tensors.js';
import { MillraceError } from '../core/index.js';

describe('Scheduler', () => {
  it('puts what arrives together into one batch and gives everybody their own rows', async () => {
    const fixture = createSchedulerFixture();
    const first = submitTo(fixture, 1);
    const second = submitTo(fixture, 2, { rows: 2 });
    await fixture.clock.flush();
    expect(fixture.instance().given).toHaveLength(1);
    fixture.instance().running?.finish();
    await fixture.clock.flush();
    expect(first.outcome.values).toEqual([1]);
    expect(second.outcome.values).toEqual([2, 2]);
    expect(fixture.statistics).toMatchObject({ inferenceCount: 3, executionCount: 1, success: { count: 2 } });
    expect(fixture.budget.usedBytes).toBe(0);
  });

  it('gives a model the inputs in the shapes of its file, where these differ', async () => {
    const reshaped = {
      name: 'u',
      datatype: 'FP32',
      shape: [-1, 1],
      modelShape: [-1],
      batchAxis: 0,
      optional: false,
    } as const;
    const { signature } = IDENTITY;
    const description = { ...IDENTITY, signature: { ...signature, inputs: [...signature.inputs, reshaped] } };
    const fixture = createSchedulerFixture({ description });
    submitTo(fixture, 1, { inputs: [fp32('x', [1, 2], [1, 0]), fp32('u', [1, 1], [3])] });
    await fixture.clock.flush();
    const [item] = fixture.instance().running?.batch.items ?? [];
    expect(item?.inputs.map(({ name, shape }) => [name, shape])).toEqual([
      ['x', [1, 2]],
      ['u', [1]],
    ]);
  });

  it('records where the time of a call went', async () => {
    const fixture = createSchedulerFixture();
    const { call: theCall } = submitTo(fixture, 1);
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
      const calls = [1, 2, 3, 4].map((value) => submitTo(fixture, value));
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
    submitTo(fixture, 1);
    await fixture.clock.flush();
    const waiting = submitTo(fixture, 2);
    waiting.call.cancel(new MillraceError('cancelled', 'the client left'));
    fixture.instance().running?.finish();
    await fixture.clock.flush();
    expect(fixture.instance().given).toHaveLength(1);
    expect(fixture.scheduler.queuedRequests).toBe(0);
  });

  it('uses every instance and releases answers in order of arrival where asked to', async () => {
    const fixture = createSchedulerFixture({
      instances: 2,
      limits: { preserveOrder: true, batching: { batching: false, maxRows: 8, preferredSizes: [], maxDelayMs: 0 } },
    });
    const first = submitTo(fixture, 1);
    const second = submitTo(fixture, 2);
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
    const [slow, answered, executing, queued] = [1, 2, 3, 4].map((value) => submitTo(fixture, value));
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
    const [leaving, next] = [submitTo(fixture, 1), submitTo(fixture, 2)];
    leaving.outcome.onResponse = () => leaving.call.cancel(new MillraceError('cancelled', 'too much'));
    await fixture.clock.flush();
    fixture.instance().running?.finish();
    await fixture.clock.flush();
    expect([leaving.outcome.kind, leaving.outcome.ends]).toEqual(['cancelled', 1]);
    expect([next.outcome.kind, next.outcome.ends]).toEqual(['ok', 1]);
  });

  it('fills batches that hold more requests than planning looks past by itself', async () => {
    const batching = { batching: true, maxRows: 600, preferredSizes: [], maxDelayMs: 0 };
    const policies = [{ maxRequests: 900, timeoutMs: 0, timeoutAction: 'reject' as const, allowTimeoutOverride: true }];
    const fixture = createSchedulerFixture({ maxBatchSize: 600, limits: { batching, policies } });
    for (let value = 0; value < 700; value++) submitTo(fixture, value);
    await fixture.clock.flush();
    expect(fixture.instance().given[0]?.batch.rows).toBe(600);
  });

  it('waits for company while an instance is idle when a delay is configured', async () => {
    const batching = { batching: true, maxRows: 8, preferredSizes: [], maxDelayMs: 10 };
    const fixture = createSchedulerFixture({ limits: { batching } });
    submitTo(fixture, 1);
    await fixture.clock.advance(6);
    submitTo(fixture, 2);
    await fixture.clock.flush();
    expect(fixture.instance().given).toHaveLength(0);
    await fixture.clock.advance(4);
    expect(fixture.instance().given[0]?.batch.rows).toBe(2);
  });

  it('tells when it is idle and ends everything when aborted', async () => {
    const fixture = createSchedulerFixture();
    const running = submitTo(fixture, 1);
    await fixture.clock.flush();
    const waiting = submitTo(fixture, 2);
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
