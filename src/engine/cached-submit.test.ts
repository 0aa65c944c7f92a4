import { describe, expect, it } from 'vitest';
import { call, callOf, Outcome, request } from '../../test/support/engine-fixture.js';
import { principalOfStoredKey, principalWith } from '../../test/support/principals.js';
import { createSchedulerFixture, type FixtureOptions, REF } from '../../test/support/scheduler-fixture.js';
import { Call, type InferRequest, MillraceError, namedModel } from '../core/index.js';
import { CachedSubmit } from './cached-submit.js';
import { ResponseCache } from './response-cache.js';

interface CacheOptions extends FixtureOptions {
  readonly cacheBytes?: number;
  readonly ttlMs?: number;
  readonly maxWaiting?: number;
  readonly share?: 'principal' | 'all';
}

function createFixture(options: CacheOptions = {}) {
  const fixture = createSchedulerFixture(options);
  const { clock, scheduler, rules, holdings, counter, instance } = fixture;
  const cache = new ResponseCache(options.cacheBytes ?? 100_000, clock);
  const cached = new CachedSubmit({
    ref: REF,
    mention: namedModel({ name: 'm', version: 1 }),
    cache,
    holdings,
    clock,
    rules: rules.request,
    statistics: counter,
    share: options.share ?? 'principal',
    ttlMs: options.ttlMs ?? 0,
    maxWaiting: options.maxWaiting ?? 100,
    submit: (submission) => scheduler.submit(submission),
  });
  const submit = (value: number, fields: Partial<InferRequest> = {}, caller = call()) => {
    const outcome = new Outcome();
    cached.submit({ request: request(value, fields), call: caller, sink: outcome });
    return Object.assign(outcome, { call: caller });
  };
  /** Lets the newest batch run and end. */
  const run = async () => {
    await clock.flush();
    instance().given.at(-1)?.finish();
    await clock.flush();
  };
  const batches = () => instance().given.length;
  return { ...fixture, cache, cached, submit, run, batches };
}

const CANCELLED = new MillraceError('cancelled', 'the client left');

describe('the response cache', () => {
  it('answers equal requests without running them again', async () => {
    const { submit, run, batches, statistics, cache } = createFixture();
    const first = submit(1);
    await run();
    const second = submit(1, { id: 'other', priority: 3, queueTimeoutMs: 5 });
    expect([first.values, second.values, second.responses[0]?.id, batches()]).toEqual([[1], [1], 'other', 1]);
    expect(second.responses[0]?.ref).toBe(REF);
    expect([first.call.timing.cache, second.call.timing.cache]).toEqual(['miss', 'hit']);
    expect(statistics).toMatchObject({
      inferenceCount: 1,
      executionCount: 1,
      success: { count: 2 },
      queue: { count: 2 },
      computeInfer: { count: 1 },
      cacheHit: { count: 1 },
      cacheMiss: { count: 1 },
    });
    expect(cache.usage()).toMatchObject({ entries: 1, hits: 1, misses: 1, evictions: 0 });
  });

  it.each<[string, number, Partial<InferRequest>]>([
    ['other data', 2, {}],
    ['other parameters', 1, { parameters: { p: 1 } }],
    ['other outputs', 1, { outputs: [{ name: 'y', classificationCount: 0 }] }],
    ['a sequence', 1, { sequence: { id: 1n, start: true, end: false } }],
  ])('runs %s', async (_what, value, fields) => {
    const { submit, run, batches } = createFixture();
    submit(1);
    await run();
    submit(value, fields);
    await run();
    expect(batches()).toBe(2);
  });

  it('answers a request that is handed in again, and runs it again when it must', async () => {
    const { cached, run, batches, cache } = createFixture();
    const again = request(4);
    const ask = () => {
      const outcome = new Outcome();
      cached.submit({ request: again, call: call(), sink: outcome });
      return outcome;
    };
    ask();
    await run();
    expect([ask().values, ask().values, batches()]).toEqual([[4], [4], 1]);
    cache.forget(REF.generation);
    const outcome = ask();
    await run();
    expect([outcome.values, batches()]).toEqual([[4], 2]);
  });

  it('gives an answer to the owner that it was for, and to no other', async () => {
    const { cached, submit, run, batches } = createFixture();
    const [before, again] = ['1', '2'].map((id) => principalOfStoredKey('alice', id));
    if (before === undefined || again === undefined) throw new Error('there are two');
    submit(1, {}, callOf(before));
    await run();
    const others = [principalWith('bob'), again].map((principal) => submit(1, {}, callOf(principal)));
    await run();
    expect(others.map(({ call: { timing } }) => timing.cache)).toEqual(['miss', 'miss']);
    expect(submit(1, {}, callOf(before)).call.timing.cache).toBe('hit');
    expect(batches()).toBe(2);
    // The same object, as a protocol hands it in that has seen the same bytes before.
    const shared = request(2);
    const ask = (principal: typeof before) => {
      const asked = callOf(principal);
      cached.submit({ request: shared, call: asked, sink: new Outcome() });
      return asked;
    };
    ask(before);
    await run();
    expect(ask(before).timing.cache).toBe('hit');
    expect(ask(again).timing.cache).toBe('miss');
  });

  it('does not let a request wait for the answer of another owner', async () => {
    const { submit, run, instance } = createFixture();
    const callers = [principalWith('alice'), principalWith('bob')].map((principal) => submit(1, {}, callOf(principal)));
    await run();
    expect(instance().given.flatMap(({ batch }) => batch.items)).toHaveLength(2);
    expect(callers.map(({ call: { timing } }) => timing.cache)).toEqual(['miss', 'miss']);
  });

  it('gives all callers the same answers where they share them, and none of them to see that', async () => {
    const { submit, run, instance, statistics } = createFixture({ share: 'all' });
    const callers = [principalWith('alice'), principalWith('bob')].map((principal) => submit(1, {}, callOf(principal)));
    await run();
    callers.push(submit(1, {}, callOf(principalWith('carol'))));
    expect(callers.map(({ values }) => values)).toEqual([[1], [1], [1]]);
    expect(callers.map(({ call: { timing } }) => timing.cacheIsShared)).toEqual([true, true, true]);
    expect(instance().given.flatMap(({ batch }) => batch.items)).toHaveLength(1);
    expect(statistics).toMatchObject({ cacheHit: { count: 2 }, cacheMiss: { count: 1 } });
  });

  it('refuses what does not fit the model as ever', () => {
    const { submit } = createFixture();
    const { error } = submit(1, { inputs: [] });
    expect(error?.message).toBe("input 'x' (FP32[-1,2]) of model 'm/1' is missing");
  });

  it('gives everybody an answer of their own', async () => {
    const { submit, run } = createFixture();
    const callers = [submit(1), submit(1)];
    await run();
    callers.push(submit(1));
    for (const { responses } of callers) {
      responses[0]?.outputs[0]?.data.fill(255);
      Object.assign(responses[0]?.outputs[0]?.shape ?? [], [9, 9]);
      Object.assign(responses[0]?.parameters ?? {}, { wrong: 1 });
    }
    const last = submit(1);
    expect([last.values, last.responses[0]?.outputs[0]?.shape, last.responses[0]?.parameters]).toEqual([
      [1],
      [1, 2],
      {},
    ]);
  });

  it('keeps answers as long as it may', async () => {
    const { submit, run, batches, clock } = createFixture({ ttlMs: 50 });
    submit(1);
    await run();
    await clock.advance(50);
    expect(submit(1).kind).toBe('ok');
    await clock.advance(1);
    expect(submit(1).kind).toBe('pending');
    await run();
    expect([batches(), clock.pendingTimers]).toEqual([2, 0]);
  });

  it('lets go of what was used least recently, and keeps nothing that is larger than itself', async () => {
    const { submit, run, cache } = createFixture({ cacheBytes: 2_000 });
    for (const value of [1, 2]) {
      submit(value);
      await run();
    }
    submit(1);
    submit(3);
    await run();
    expect([submit(1).kind, submit(3).kind, submit(2).kind]).toEqual(['ok', 'ok', 'pending']);
    expect(cache.usage()).toMatchObject({ entries: 2, evictions: 1 });
    expect(cache.usage().usedBytes).toBeLessThanOrEqual(2_000);
    const tiny = createFixture({ cacheBytes: 500 });
    tiny.submit(1);
    await tiny.run();
    expect([tiny.submit(1).kind, tiny.cache.usage().entries]).toEqual(['pending', 0]);
  });

  it('keeps no failures', async () => {
    const { submit, run, clock, instance } = createFixture();
    const failed = submit(1);
    await clock.flush();
    const given = instance().given[0];
    given?.finishWithItemError(given.batch.items[0]?.callId ?? 0, 'no');
    await clock.flush();
    const again = submit(1);
    await run();
    expect([failed.kind, again.kind]).toEqual(['internal', 'ok']);
  });

  it('gives its memory back when the model goes, and leaves the others theirs', async () => {
    const { submit, run, cached, cache } = createFixture();
    submit(1);
    await run();
    const response = { ref: { ...REF, generation: 2 }, outputs: [], parameters: {} };
    cache.keep('of another', response, 0);
    cached.close(CANCELLED);
    expect(cache.usage().entries).toBe(1);
    expect(cache.find('of another', 0)).toEqual({ outputs: [], parameters: {} });
  });

  it('gives the memory of answers that are too old back as well', async () => {
    const { clock, submit, run, cached, cache } = createFixture({ ttlMs: 100 });
    submit(1);
    await run();
    await clock.advance(101);
    cached.close(CANCELLED);
    expect(cache.usage()).toMatchObject({ entries: 0, usedBytes: 0, evictions: 0 });
  });
});

describe('equal requests at the same time', () => {
  it('are computed once', async () => {
    const { submit, run, batches, budget, statistics } = createFixture();
    const all = [submit(1), submit(1, { id: 'b' }), submit(2), submit(1, { id: 'c' })];
    expect(budget.usedBytes).toBe(4 * 8);
    await run();
    expect(all.map(({ values, responses }) => [...values, responses[0]?.id])).toEqual([
      [1, 'r1'],
      [1, 'b'],
      [2, 'r2'],
      [1, 'c'],
    ]);
    expect([batches(), budget.usedBytes, statistics.inferenceCount]).toEqual([1, 0, 2]);
    expect(statistics).toMatchObject({ success: { count: 4 }, cacheHit: { count: 2 }, cacheMiss: { count: 2 } });
  });

  it('run by themselves when the first one fails', async () => {
    const { submit, run, clock, instance, budget } = createFixture({ limits: { pure: false } });
    const all = [submit(1), submit(1), submit(1)];
    await clock.flush();
    instance().given[0]?.fail(new MillraceError('internal', 'no'));
    await clock.flush();
    expect(all.map(({ kind }) => kind)).toEqual(['internal', 'pending', 'pending']);
    expect(instance().given[1]?.batch.items).toHaveLength(2);
    await run();
    expect(all.map(({ kind }) => kind)).toEqual(['internal', 'ok', 'ok']);
    expect(budget.usedBytes).toBe(0);
  });

  it('choose another to run when the caller of the first one leaves', async () => {
    const { submit, run, clock, instance, budget } = createFixture();
    const all = [submit(1), submit(1), submit(1)];
    await clock.flush();
    all[0]?.call.cancel(CANCELLED);
    expect(all.map(({ kind }) => kind)).toEqual(['cancelled', 'pending', 'pending']);
    instance().given[0]?.finish();
    await run();
    expect(instance().given.map(({ batch }) => batch.items.length)).toEqual([1, 1]);
    expect(all.map(({ kind }) => kind)).toEqual(['cancelled', 'ok', 'ok']);
    expect(budget.usedBytes).toBe(0);
  });

  it('leave one by one', async () => {
    const { submit, run, budget, statistics } = createFixture();
    const all = [submit(1), submit(1), submit(1)];
    all[1]?.call.cancel(CANCELLED);
    expect([all[1]?.kind, budget.usedBytes, statistics.fail.count]).toEqual(['cancelled', 16, 1]);
    await run();
    expect(all.map(({ kind, ends }) => [kind, ends])).toEqual([
      ['ok', 1],
      ['cancelled', 1],
      ['ok', 1],
    ]);
  });

  it('do not wait for one that may be overtaken, with a time-out of their own, nor for a model', async () => {
    const { submit, run, instance } = createFixture();
    const nested = new Call({ ...call(), trace: undefined, receivedAt: 0, callers: ['other'] });
    const all = [submit(1), submit(1, { priority: 1 }), submit(1, { queueTimeoutMs: 100 }), submit(1, {}, nested)];
    await run();
    expect(instance().given[0]?.batch.items).toHaveLength(4);
    expect(all.map(({ kind }) => kind)).toEqual(['ok', 'ok', 'ok', 'ok']);
  });

  it('wait in limited numbers and with limited bytes', () => {
    const few = createFixture({ maxWaiting: 1 });
    const [, , third] = [few.submit(1), few.submit(1), few.submit(1)];
    expect(third?.error?.message).toBe("the queue of model 'm/1' is full: 1 requests are waiting; try again later");
    const small = createFixture({ maxBytes: 12 });
    const [, second] = [small.submit(1), small.submit(1)];
    expect(second?.error?.message).toBe(
      "model 'm/1' has too much data in flight for 8 more bytes: 8 of 12 bytes are taken; try again later",
    );
  });

  it('end when the model is closed', async () => {
    const { submit, clock, cached, scheduler, budget, cache, instance } = createFixture();
    const all = [submit(1), submit(1)];
    await clock.flush();
    const reason = new MillraceError('unavailable', 'closed');
    cached.close(reason);
    scheduler.abort(reason);
    expect(all.map(({ kind, ends }) => [kind, ends])).toEqual([
      ['unavailable', 1],
      ['unavailable', 1],
    ]);
    instance().given[0]?.finish();
    await clock.flush();
    expect([budget.usedBytes, cache.usage().entries]).toEqual([0, 0]);
  });
});
