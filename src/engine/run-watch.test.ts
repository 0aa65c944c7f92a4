import { describe, expect, it } from 'vitest';
import { call, Outcome, request } from '../../test/support/engine-fixture.js';
import type { GivenBatch } from '../../test/support/fake-instance.js';
import { createSchedulerFixture } from '../../test/support/scheduler-fixture.js';

/** An instance that runs four streams at a time, which may be idle for 500 ms. */
function createFixture() {
  const fixture = createSchedulerFixture({
    limits: {
      decoupled: true,
      concurrency: 4,
      executionTimeoutMs: 500,
      batching: { batching: false, maxRows: 8, preferredSizes: [], maxDelayMs: 0 },
    },
  });
  const submit = async (value: number) => {
    const outcome = new Outcome();
    const grant = fixture.scheduler.submit({ request: request(value), call: call(), sink: outcome });
    await fixture.clock.flush();
    return { outcome, grant };
  };
  const [instance] = fixture.instances;
  if (instance === undefined) throw new Error('no instance');
  const answer = (index: number) => {
    const { batch, emit } = instance.given[index] as GivenBatch;
    const [item] = batch.items;
    if (item === undefined) throw new Error('no item');
    emit([{ callId: item.callId, outputs: item.inputs.map((tensor) => ({ ...tensor, name: 'y' })), final: false }]);
  };
  let death = '';
  void instance.exited.then((reason) => {
    death = reason;
  });
  return { ...fixture, instance, submit, answer, death: () => death };
}

const IDLE = "model 'm/1' gave no answer for 500 ms";

describe('a stream that gives no answer', () => {
  it('ends alone while another stream of its instance has answers', async () => {
    const { clock, instance, submit, answer, death } = createFixture();
    const [idle, alive] = [await submit(1), await submit(2)];
    await clock.advance(300);
    answer(1);
    await clock.advance(200);
    expect(idle.outcome.error).toMatchObject({ code: 'unavailable', message: IDLE });
    expect(instance.cancelled).toEqual([1]);
    expect([alive.outcome.kind, death()]).toEqual(['pending', '']);
    // Its place is free again as soon as the model lets go of it.
    instance.given[0]?.end();
    for (let round = 0; round < 5; round++) {
      answer(1);
      await clock.advance(400);
    }
    expect([alive.outcome.kind, death()]).toEqual(['pending', '']);
  });

  it('takes its instance down when the model does not let go of it', async () => {
    const { clock, submit, answer, death } = createFixture();
    const [idle, alive] = [await submit(1), await submit(2)];
    await clock.advance(300);
    answer(1);
    await clock.advance(200);
    expect(idle.outcome.kind).toBe('unavailable');
    await clock.advance(200);
    answer(1);
    await clock.advance(299);
    expect(alive.outcome.kind).toBe('pending');
    await clock.advance(1);
    expect(death()).toBe("a batch of model 'm/1' gave no answer for 500 ms");
  });

  it('takes its instance down at once when no other has an answer, whatever their readers do', async () => {
    const { clock, submit, death } = createFixture();
    await submit(1);
    const other = await submit(2);
    await clock.advance(300);
    other.grant(5);
    await clock.advance(200);
    expect(death()).toBe("a batch of model 'm/1' gave no answer for 500 ms");
  });
});
