import { describe, expect, it } from 'vitest';
import type { FakeInstance } from '../../../test/support/fake-instance.js';
import {
  ANSWER,
  createPreparingEngine,
  finish,
  GENERATOR,
  PREPARER_DESCRIPTION,
  type PreparingEngine,
  prepared,
  textsAt,
} from '../../../test/support/preparing-engine.js';
import { MillraceError } from '../../core/index.js';
import { ModelDownError } from '../admission.js';

describe('the preparer of a model', () => {
  it('has a gauge of its own', async () => {
    const { gauges, preparer } = await createPreparingEngine();
    expect(gauges()).toMatchObject({
      instances: [{ id: 'm/1#0', up: true }],
      preparer: { id: 'm/1#prepare', up: true },
    });
    preparer().die('crash');
    await Promise.resolve();
    expect(gauges()?.preparer).toMatchObject({ up: false, restarts: 0 });
  });

  it('takes requests of two callers at a time, but not two of one', async () => {
    const { submit, preparer, clock } = await createPreparingEngine();
    for (const text of ['a1', 'a2', 'b1', 'c1']) await submit(text, { name: text.slice(0, 1) });
    expect(textsAt(preparer())).toEqual(['a1', 'b1']);
    await prepared(preparer().given[1]);
    await clock.flush();
    expect(textsAt(preparer())).toEqual(['a1', 'b1', 'c1']);
  });

  it('starts again when it dies, and goes on with what waits; what it died of runs alone', async () => {
    const { submit, preparer, instance, clock, states } = await createPreparingEngine();
    const outcomes = [
      await submit('a', { name: 'a' }),
      await submit('b', { name: 'b' }),
      await submit('c', { name: 'c' }),
    ];
    preparer().die('crash');
    await clock.flush();
    expect(states.at(-1)).toBe('1:recovering');
    await clock.advance(100);
    expect(states.at(-1)).toBe('1:ready');
    expect(textsAt(preparer())).toEqual(['a']);
    preparer().die('crash');
    await clock.advance(1_000);
    expect(outcomes[0]?.outcome.error).toMatchObject({ code: 'unavailable', message: 'the runner died: crash' });
    for (let index = 0; index < 2; index++) {
      await prepared(preparer().given[index]);
      await clock.flush();
    }
    expect(instance().given).toHaveLength(2);
  });

  it('is killed where it hangs', async () => {
    const { submit, preparer, clock } = await createPreparingEngine();
    const { outcome } = await submit();
    await clock.advance(60_000);
    expect(preparer().death).toBe("the runner died: a batch of model 'm/1' ran longer than 60000 ms");
    expect(outcome.error?.code).toBe('unavailable');
    await clock.advance(100);
    expect([preparer().death, preparer().given]).toEqual([undefined, []]);
  });

  it('sends requests that may run elsewhere there while it is down', async () => {
    const { submit, preparer, clock } = await createPreparingEngine();
    preparer().die('crash');
    await clock.flush();
    const { outcome } = await submit('a', { movesOn: true });
    expect(outcome.error).toBeInstanceOf(ModelDownError);
  });

  it('closes with the instance where one of both does not load', async () => {
    for (const failing of ['m/1#prepare', 'm/1#0']) {
      const { engine, host, source: model } = await createPreparingEngine();
      const failure = new MillraceError('invalid_argument', 'no such file');
      const before = host.instances.length;
      host.onLoad = ({ isPreparer }, { instanceId }) => {
        host.description = isPreparer === true ? PREPARER_DESCRIPTION : GENERATOR;
        if (instanceId === failing) throw failure;
      };
      await expect(engine.load(model)).rejects.toBe(failure);
      expect(host.instances.slice(before)).toMatchObject([{ closed: true }]);
    }
  });

  it('is only for models that generate', async () => {
    const { engine, host, source: model } = await createPreparingEngine();
    host.onLoad = ({ isPreparer }) => {
      const { tasks: _, ...plain } = GENERATOR;
      host.description = isPreparer === true ? PREPARER_DESCRIPTION : plain;
    };
    await expect(engine.load(model)).rejects.toMatchObject({
      code: 'internal',
      message: "the manifest of runtime 'onnx' has prepares, but the model has no task",
    });
    expect(host.instances.slice(-2)).toMatchObject([{ closed: true }, { closed: true }]);
  });

  it('takes no sequences', async () => {
    const { engine, source: model } = await createPreparingEngine();
    const config = { sequenceBatching: {} };
    await expect(engine.load({ ...model, config })).rejects.toMatchObject({
      code: 'invalid_argument',
      message: 'a model whose requests are prepared takes no sequences: leave out sequenceBatching',
    });
  });

  it('prepares the samples of a warm-up', async () => {
    const { engine, host, source: model, clock } = await createPreparingEngine();
    const inputs = { text_input: { shape: [1], data: 'random' as const } };
    const loading = engine.load({ ...model, config: { warmup: [{ name: 'one', inputs }] } });
    await clock.flush();
    const preparer = host.instances.findLast(({ id }) => id === 'm/1#prepare') as FakeInstance;
    expect(textsAt(preparer)).toEqual(['warm-up']);
    await prepared(preparer.given[0]);
    await clock.flush();
    const instance = host.instances.findLast(({ id }) => id === 'm/1#0') as FakeInstance;
    expect(instance.given[0]?.batch.items).toMatchObject([{ prepared: ANSWER.value }]);
    finish(instance);
    await loading;
    // Those that start later get the same.
    instance.die('crash');
    await clock.advance(100);
    const restarted = host.instances.findLast(({ id }) => id === 'm/1#0') as FakeInstance;
    expect(restarted.given[0]?.batch.items).toMatchObject([{ prepared: ANSWER.value }]);
  });
});

describe('a model with a preparer that is loaded again', () => {
  const reload = async ({ engine, host, source: model }: PreparingEngine) => {
    const old = host.instances.slice(-2);
    await engine.load(model);
    const [oldInstance, oldPreparer] = [
      old.find(({ id }) => id === 'm/1#0'),
      old.find(({ id }) => id === 'm/1#prepare'),
    ];
    return { oldInstance: oldInstance as FakeInstance, oldPreparer: oldPreparer as FakeInstance };
  };

  it('finishes what it has accepted, then closes both processes', async () => {
    const fixture = await createPreparingEngine();
    const { submit, clock, instance } = fixture;
    const { outcome } = await submit();
    const { oldInstance, oldPreparer } = await reload(fixture);
    await clock.flush();
    expect([oldInstance.closed, oldPreparer.closed]).toEqual([false, false]);
    await prepared(oldPreparer.given[0]);
    await clock.flush();
    expect([oldInstance.given.length, instance().given.length, oldInstance.closed]).toEqual([1, 0, false]);
    finish(oldInstance);
    await clock.flush();
    expect([outcome.kind, oldInstance.closed, oldPreparer.closed]).toEqual(['ok', true, true]);
  });

  it('hands on what its preparer has not begun when that dies', async () => {
    const fixture = await createPreparingEngine();
    const { submit, clock, preparer, instance } = fixture;
    const [first, second] = [await submit('one'), await submit('two')];
    const { oldPreparer } = await reload(fixture);
    oldPreparer.die('crash');
    await clock.flush();
    expect(textsAt(preparer())).toEqual(['one']);
    await prepared(preparer().given[0]);
    await clock.flush();
    expect(textsAt(preparer())).toEqual(['one', 'two']);
    await prepared(preparer().given[1]);
    await clock.flush();
    // Both are suspected of that death, but not of one of an instance.
    expect(instance().given).toHaveLength(2);
    for (const index of [0, 1]) finish(instance(), index);
    await clock.flush();
    expect([first.outcome.kind, second.outcome.kind]).toEqual(['ok', 'ok']);
  });

  it('hands on what is prepared when its last instance is gone', async () => {
    const fixture = await createPreparingEngine();
    const { submit, clock, preparer } = fixture;
    const { outcome } = await submit('one');
    const { oldInstance, oldPreparer } = await reload(fixture);
    oldInstance.die('crash');
    await clock.flush();
    await prepared(oldPreparer.given[0]);
    await clock.flush();
    expect([textsAt(preparer()), outcome.kind]).toEqual([['one'], 'pending']);
  });

  it('ends everything when the engine closes', async () => {
    const { engine, submit, clock, preparer, instance } = await createPreparingEngine();
    const { outcome } = await submit();
    const closing = engine.close(1_000);
    await clock.advance(1_000);
    await closing;
    expect(outcome.error?.code).toBe('unavailable');
    expect([preparer().closed, instance().closed]).toEqual([true, true]);
  });

  it('answers what it has accepted before it closes', async () => {
    const { engine, submit, clock, preparer, instance } = await createPreparingEngine();
    const { outcome } = await submit();
    const closing = engine.close(1_000);
    await prepared(preparer().given[0]);
    await clock.flush();
    finish(instance());
    await clock.flush();
    await closing;
    expect(outcome.kind).toBe('ok');
  });
});
