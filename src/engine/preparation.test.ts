import { describe, expect, it } from 'vitest';
import type { GivenBatch } from '../../test/support/fake-instance.js';
import { ANSWER, createPreparingEngine, finish, prepared, textsAt } from '../../test/support/preparing-engine.js';
import { type InferRequest, MillraceError } from '../core/index.js';
import { ModelDownError } from './admission.js';

describe('a request of a model with a preparer', () => {
  it('is prepared, and goes to the model with that in place of its prompt', async () => {
    const { submit, preparer, instance, clock, gauges } = await createPreparingEngine();
    const { outcome, call } = await submit('a text', { request: { generation: { maxTokens: 5 } } as InferRequest });
    expect(textsAt(preparer())).toEqual(['a text']);
    expect(preparer().given[0]?.batch.items[0]).toMatchObject({ inputs: [], generation: { maxTokens: 5 } });
    expect(instance().given).toEqual([]);
    expect(gauges()).toMatchObject({ queuedRequests: 1, executingRequests: 0 });
    await clock.advance(30);
    await prepared(preparer().given[0]);
    await clock.flush();
    const [item] = instance().given[0]?.batch.items ?? [];
    expect(item).toMatchObject({ inputs: [], prepared: ANSWER.value, generation: { maxTokens: 5 } });
    expect(item?.generation?.prompt).toEqual({ kind: 'tokens', tokens: new Int32Array() });
    expect(gauges()).toMatchObject({ queuedRequests: 0, executingRequests: 1 });
    finish(instance());
    await clock.flush();
    expect(outcome.kind).toBe('ok');
    expect(outcome.responses).toMatchObject([{ delta: { text: 'said' } }]);
    expect(call.timing).toMatchObject({ prepareMs: 2, enqueuedAt: 1_000, dequeuedAt: 1_030 });
    expect(call.openChildren).toBe(0);
  });

  it('costs what the preparer says in turns between callers', async () => {
    const { submit, preparer, instance, clock } = await createPreparingEngine({ instances: { count: 1 } });
    // Four run, of callers who have one each.
    for (const name of ['b', 'c', 'd', 'e']) await submit(`first of ${name}`, { name });
    const send = async (text: string, name: string, cost: number) => {
      await submit(text, { name });
      await clock.flush();
      await prepared(preparer().given.at(-1), { cost, value: Buffer.from(text) });
      await clock.flush();
    };
    for (const given of preparer().given) await prepared(given);
    await clock.flush();
    for (const given of preparer().given.slice(2)) await prepared(given);
    await clock.flush();
    expect(instance().given).toHaveLength(4);
    await send('long of b', 'b', 1_000);
    await send('next of b', 'b', 1);
    for (const text of ['one of c', 'two of c', 'three of c']) await send(text, 'c', 10);
    for (let index = 0; index < 8; index++) {
      finish(instance(), index);
      await clock.flush();
    }
    const order = instance()
      .given.slice(4)
      .map(({ batch }) => String(Buffer.from(batch.items[0]?.prepared ?? [])));
    expect(order).toEqual(['long of b', 'one of c', 'two of c', 'three of c', 'next of b']);
  });

  it('counts as run once the preparer has begun it, so that no fallback gets it', async () => {
    const { submit, preparer, clock } = await createPreparingEngine({ queue: { maxRequests: 1 } });
    const { outcome, call } = await submit('one');
    const waiting = await submit('two');
    const refused = await submit('three');
    expect([waiting.outcome.kind, refused.outcome.kind]).toEqual(['pending', 'resource_exhausted']);
    expect(refused.call.timing.dequeuedAt).toBe(0);
    preparer().die('crash');
    await clock.advance(100);
    preparer().die('crash');
    await clock.advance(200);
    expect([outcome.kind, call.timing.dequeuedAt > 0]).toEqual(['unavailable', true]);
  });

  it('is not prepared where the model would refuse it', async () => {
    const { submit, preparer, instance, clock, engine } = await createPreparingEngine({ queue: { maxRequests: 2 } });
    const run = async (name: string) => {
      const sent = await submit(name, { name });
      await prepared(preparer().given.at(-1));
      await clock.flush();
      return sent;
    };
    // Four run, two wait.
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) await run(name);
    expect([instance().given.length, preparer().given.length]).toEqual([4, 6]);
    const late = await submit('late', { name: 'g' });
    expect(late.outcome.error?.message).toBe(
      "the queue of model 'm/1' is full: 2 requests are waiting; try again later",
    );
    instance().die('crash');
    await clock.flush();
    const moving = await submit('moving', { name: 'g', movesOn: true });
    expect(moving.outcome.error).toBeInstanceOf(ModelDownError);
    expect(preparer().given).toHaveLength(6);
    expect(engine.gauges()).toMatchObject([{ queuedRequests: 6 }]);
  });

  it('ends with the error of the preparer, and counts as failed', async () => {
    const { submit, preparer, instance, clock, engine } = await createPreparingEngine();
    const { outcome, call } = await submit();
    await prepared(preparer().given[0], new MillraceError('invalid_argument', 'the prompt is empty'));
    await clock.flush();
    expect(outcome.error).toMatchObject({ code: 'invalid_argument', message: 'the prompt is empty' });
    expect([instance().given, call.openChildren]).toEqual([[], 0]);
    expect(engine.statistics()).toMatchObject([{ fail: { count: 1 }, success: { count: 0 }, executionCount: 0 }]);
  });

  it('is answered by the preparer where its model need not be asked', async () => {
    const { submit, preparer, instance, clock, engine } = await createPreparingEngine();
    const { outcome, call } = await submit();
    await prepared(preparer().given[0], { answer: [Buffer.from('3 tokens')] });
    await clock.flush();
    expect(outcome.responses).toMatchObject([
      { id: 'a text', outputs: [{ name: 'answer', shape: [1] }], parameters: {} },
    ]);
    expect([outcome.kind, instance().given, call.openChildren]).toEqual(['ok', [], 0]);
    expect(engine.statistics()).toMatchObject([{ success: { count: 1 }, inferenceCount: 0, executionCount: 0 }]);
  });

  it('is checked before it is prepared', async () => {
    const { submit, preparer, engine } = await createPreparingEngine();
    const { outcome } = await submit('a', { request: { inputs: [] as InferRequest['inputs'] } as InferRequest });
    expect(outcome.error?.code).toBe('invalid_argument');
    expect(preparer().given).toEqual([]);
    expect(engine.statistics()).toMatchObject([{ fail: { count: 0 } }]);
  });

  it.each([
    ['nothing', () => [] as const],
    ['a cost below 0', () => [{ cost: -1, value: ANSWER.value }] as const],
  ])('ends where the preparer gives %s', async (_what, answers) => {
    const { submit, preparer, clock } = await createPreparingEngine();
    const { outcome } = await submit();
    const [answer] = answers();
    const given = preparer().given[0] as GivenBatch;
    if (answer === undefined) {
      given.emit(given.batch.items.map(({ callId }) => ({ callId, outputs: [], final: true })));
      given.end();
    } else await prepared(given, answer);
    await clock.flush();
    expect(outcome.error?.code).toBe('internal');
  });

  it('ends where its caller gives up, whether it waits for the preparer or is with it', async () => {
    const { submit, preparer, instance, clock, gauges } = await createPreparingEngine();
    const [first, waiting] = [await submit('one'), await submit('two')];
    // A caller has one of two places.
    expect(textsAt(preparer())).toEqual(['one']);
    for (const { call } of [waiting, first]) call.cancel(new MillraceError('cancelled', 'gone'));
    expect([first.outcome.kind, waiting.outcome.kind]).toEqual(['cancelled', 'cancelled']);
    await prepared(preparer().given[0]);
    await clock.flush();
    expect(textsAt(preparer())).toEqual(['one']);
    expect(instance().given).toEqual([]);
    expect(gauges()).toMatchObject({ queuedRequests: 0, queuedBytes: 0, executingRequests: 0 });
  });

  it('waits no longer than it may in all', async () => {
    const { submit, preparer, instance, clock } = await createPreparingEngine();
    for (const name of ['a', 'b', 'c', 'd']) {
      await submit(name, { name });
      await prepared(preparer().given.at(-1));
      await clock.flush();
    }
    expect(instance().given).toHaveLength(4);
    const { outcome } = await submit('late', { name: 'e', request: { queueTimeoutMs: 100 } as InferRequest });
    await clock.advance(60);
    await prepared(preparer().given.at(-1));
    await clock.advance(39);
    expect(outcome.kind).toBe('pending');
    await clock.advance(1);
    expect(outcome.error?.message).toBe(
      "the request waited longer than its 100 ms in the queue of model 'm/1'; try again later",
    );
  });

  it('takes memory once, and with what it was prepared to', async () => {
    const { submit, preparer, instance, clock, gauges } = await createPreparingEngine({}, { maxInFlightBytes: 150 });
    const { outcome } = await submit('x'.repeat(100));
    await prepared(preparer().given[0], { cost: 1, value: new Uint8Array(40) });
    await clock.flush();
    expect(instance().given).toHaveLength(1);
    const second = await submit('y'.repeat(10));
    expect(second.outcome.error?.code).toBe('resource_exhausted');
    finish(instance());
    await clock.flush();
    expect([outcome.kind, gauges()?.queuedBytes]).toEqual(['ok', 0]);
    const third = await submit('z'.repeat(100));
    await prepared(preparer().given[1], { cost: 1, value: new Uint8Array(60) });
    await clock.flush();
    expect(third.outcome.error?.code).toBe('resource_exhausted');
  });

  it('passes on what its reader has granted meanwhile', async () => {
    const { submit, preparer, instance, clock, grants } = await createPreparingEngine();
    await submit();
    grants[0]?.(5);
    await prepared(preparer().given[0]);
    await clock.flush();
    grants[0]?.(6);
    expect(instance().granted).toEqual([{ callId: 1, answers: 6 }]);
  });
});
