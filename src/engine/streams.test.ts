import { describe, expect, it } from 'vitest';
import { call, IDENTITY, Outcome, request } from '../../test/support/engine-fixture.js';
import type { GivenBatch } from '../../test/support/fake-instance.js';
import { createSchedulerFixture, LIMITS, REF } from '../../test/support/scheduler-fixture.js';
import { type Events, MillraceError } from '../core/index.js';
import { type Emission, STREAM_CREDIT } from '../runtimes/index.js';

type Fixture = ReturnType<typeof createSchedulerFixture>;

/** A scheduler of a model that gives many answers and runs `concurrency` batches at a time. */
function createFixture(concurrency: number, instances = 1): Fixture {
  return createSchedulerFixture({
    instances,
    description: { ...IDENTITY, decoupled: true, concurrency },
    limits: {
      batching: { batching: false, maxRows: 8, preferredSizes: [], maxDelayMs: 0 },
      decoupled: true,
      concurrency,
      executionTimeoutMs: 500,
      // Would send a second batch ahead, were it allowed to.
      prefetchBelowMs: 1e9,
    },
  });
}

async function submit(fixture: Fixture, value: number) {
  const outcome = new Outcome();
  const theCall = call();
  const grant = fixture.scheduler.submit({ request: request(value), call: theCall, sink: outcome });
  await fixture.clock.flush();
  return { outcome, call: theCall, grant };
}

function answer({ batch, emit }: GivenBatch, options: Partial<Emission> = {}): void {
  const { callId, inputs } = batch.items[0] as (typeof batch.items)[number];
  emit([{ callId, outputs: inputs.map((tensor) => ({ ...tensor, name: 'y' })), final: false, ...options }]);
}

const given = (fixture: Fixture, index: number) => fixture.instance().given[index] as GivenBatch;

describe('an instance that runs several batches at a time', () => {
  it('gets as many as it says and no more, and the next one when any has ended', async () => {
    const fixture = createFixture(2);
    for (const value of [1, 2, 3]) await submit(fixture, value);
    expect(fixture.instance().given).toHaveLength(2);
    given(fixture, 1).finish();
    await fixture.clock.flush();
    expect(fixture.instance().given).toHaveLength(3);
    expect(fixture.scheduler.executingRequests).toBe(2);
  });

  it('shares them out among the instances', async () => {
    const fixture = createFixture(2, 2);
    for (const value of [1, 2, 3, 4, 5]) await submit(fixture, value);
    expect(fixture.instances.map((instance) => instance.given.map(({ batch }) => batch.items[0]?.callId))).toEqual([
      [1, 3],
      [2, 4],
    ]);
  });

  it('watches over each of them from its own beginning', async () => {
    const fixture = createFixture(2);
    const first = await submit(fixture, 1);
    await fixture.clock.advance(400);
    const second = await submit(fixture, 2);
    given(fixture, 0).finish();
    await fixture.clock.advance(499);
    expect([first.outcome.kind, second.outcome.kind]).toEqual(['ok', 'pending']);
    await fixture.clock.advance(1);
    expect(second.outcome.error?.message).toBe("the runner died: a batch of model 'm/1' gave no answer for 500 ms");
  });

  it('runs whoever may have brought its runner down alone', async () => {
    const fixture = createFixture(2);
    const outcomes = [await submit(fixture, 1), await submit(fixture, 2), await submit(fixture, 3)];
    fixture.instance().die('crash');
    await fixture.clock.advance(100);
    expect(fixture.instance().given).toHaveLength(1);
    given(fixture, 0).finish();
    await fixture.clock.flush();
    expect(outcomes[0]?.outcome.kind).toBe('ok');
    expect(fixture.instance().given).toHaveLength(2);
  });
});

describe('a stream', () => {
  it('passes answers on as they come, and grants on to the instance', async () => {
    const fixture = createFixture(1);
    const { outcome, grant } = await submit(fixture, 1);
    answer(given(fixture, 0));
    answer(given(fixture, 0));
    expect(outcome.responses).toHaveLength(2);
    grant(16);
    expect(fixture.instance().granted).toEqual([{ callId: 1, answers: 16 }]);
    answer(given(fixture, 0), { final: true });
    expect(outcome.kind).toBe('ok');
    grant(16);
    expect(fixture.instance().granted).toHaveLength(1);
  });

  it('may last as long as it gives answers', async () => {
    const fixture = createFixture(1);
    const { outcome } = await submit(fixture, 1);
    for (let round = 0; round < 5; round++) {
      await fixture.clock.advance(499);
      answer(given(fixture, 0));
    }
    expect(outcome.kind).toBe('pending');
    await fixture.clock.advance(500);
    expect(outcome.kind).toBe('unavailable');
  });

  it('does not hang while its reader has no room, but does when it has', async () => {
    const fixture = createFixture(1);
    const { outcome, grant } = await submit(fixture, 1);
    for (let round = 0; round < STREAM_CREDIT; round++) answer(given(fixture, 0));
    await fixture.clock.advance(10_000);
    expect(outcome.kind).toBe('pending');
    grant(1);
    await fixture.clock.advance(499);
    expect(outcome.kind).toBe('pending');
    await fixture.clock.advance(1);
    expect(outcome.kind).toBe('unavailable');
  });

  it('hangs when it goes on answering a caller who has left', async () => {
    const fixture = createFixture(1);
    const { outcome, call: theCall } = await submit(fixture, 1);
    theCall.cancel(new MillraceError('cancelled', 'the client left'));
    expect(fixture.instance().cancelled).toEqual([1]);
    await fixture.clock.advance(300);
    answer(given(fixture, 0));
    expect(outcome.responses).toEqual([]);
    const exited = fixture.instance().exited;
    await fixture.clock.advance(200);
    expect(await exited).toBe("a batch of model 'm/1' gave no answer for 500 ms");
  });

  it('is cancelled when its answer cannot be passed on, and when everything is aborted', async () => {
    const fixture = createFixture(2);
    const broken = await submit(fixture, 1);
    const { batch, emit } = given(fixture, 0);
    emit([{ callId: batch.items[0]?.callId ?? 0, outputs: [undefined as never], final: false }]);
    broken.outcome.responses.length = 0;
    await submit(fixture, 2);
    fixture.scheduler.abort(new MillraceError('unavailable', 'closed'));
    expect(fixture.instance().cancelled).toEqual([1, 2]);
  });
});

describe('the statistics of a stream', () => {
  it('tell how long it waited and how long it was computed', async () => {
    const fixture = createFixture(1);
    await submit(fixture, 1);
    await fixture.clock.advance(100);
    const { outcome, call: second } = await submit(fixture, 2);
    await fixture.clock.advance(100);
    answer(given(fixture, 0), { final: true });
    given(fixture, 0).end();
    await fixture.clock.flush();
    await fixture.clock.advance(50);
    answer(given(fixture, 1), { final: true });
    given(fixture, 1).end();
    await fixture.clock.flush();
    expect(outcome.kind).toBe('ok');
    const { success, queue, computeInfer, executionCount, inferenceCount } = fixture.statistics;
    expect({ success, queue, computeInfer, executionCount, inferenceCount }).toEqual({
      success: { count: 2, ns: 350e6 },
      queue: { count: 2, ns: 100e6 },
      computeInfer: { count: 2, ns: 250e6 },
      executionCount: 2,
      inferenceCount: 2,
    });
    expect(second.timing).toMatchObject({ startedAt: 1_200, finishedAt: 1_250, batchRows: 1, batchReason: 'single' });
  });

  it('take one that was sent ahead and ended in the same breath as the one before for an instant', async () => {
    const fixture = createFixture(1);
    await submit(fixture, 1);
    await fixture.clock.advance(100);
    const { call: second } = await submit(fixture, 2);
    await fixture.clock.advance(100);
    given(fixture, 0).finish();
    answer(given(fixture, 1), { final: true });
    given(fixture, 1).end();
    await fixture.clock.flush();
    expect(second.timing).toMatchObject({ startedAt: 1_200, finishedAt: 1_200, computeInferMs: 0 });
  });

  it('take one whose caller leaves from when it began until then', async () => {
    const fixture = createFixture(1);
    const { call: first } = await submit(fixture, 1);
    const { call: ahead } = await submit(fixture, 2);
    await fixture.clock.advance(70);
    for (const each of [first, ahead]) each.cancel(new MillraceError('cancelled', 'the client left'));
    expect(first.timing).toMatchObject({ startedAt: 1_000, finishedAt: 1_070, computeInferMs: 70, batchRows: 1 });
    // It waited behind the other one, and nothing was computed of it.
    expect(ahead.timing).toMatchObject({ startedAt: 0, finishedAt: 0, computeInferMs: 0, batchRows: 0 });
  });
});

describe('streams whose answers leave in order', () => {
  /** Low priority waits behind high priority, which fills its reader's room first. */
  it('never wait for one that could not begin', async () => {
    const fixture = createSchedulerFixture({
      description: { ...IDENTITY, decoupled: true },
      limits: {
        batching: { batching: false, maxRows: 8, preferredSizes: [], maxDelayMs: 0 },
        policies: [LIMITS.policies.at(0), LIMITS.policies.at(0)].flatMap((policy) => policy ?? []),
        decoupled: true,
        preserveOrder: true,
      },
    });
    const outcomes = [2, 2, 1].map((priority, index) => {
      const outcome = new Outcome();
      fixture.scheduler.submit({ request: request(index, { priority }), call: call(), sink: outcome });
      return outcome;
    });
    await fixture.clock.flush();
    for (const index of [0, 1, 2]) {
      answer(given(fixture, index));
      expect(outcomes.reduce((sum, { responses }) => sum + responses.length, 0)).toBe(2 * index + 1);
      answer(given(fixture, index), { final: true });
      given(fixture, index).end();
      await fixture.clock.flush();
    }
    expect(outcomes.map(({ kind }) => kind)).toEqual(['ok', 'ok', 'ok']);
  });
});

describe('an answer that failed', () => {
  const failure = { code: 'invalid_argument', message: 'negative element' } as const;

  it('may be followed by others', async () => {
    const fixture = createFixture(1);
    const { outcome } = await submit(fixture, 1);
    answer(given(fixture, 0));
    const { batch, emit } = given(fixture, 0);
    const callId = batch.items[0]?.callId as number;
    emit([{ callId, outputs: [], error: failure, final: false }]);
    answer(given(fixture, 0), { final: true });
    given(fixture, 0).finish();
    await fixture.clock.flush();
    expect(outcome.responses.map(({ error, outputs }) => error?.message ?? outputs.length)).toEqual([
      1,
      'negative element',
      1,
    ]);
    expect(outcome.error).toBeUndefined();
  });

  it('ends the request if it is the last', async () => {
    const fixture = createFixture(1);
    const { outcome } = await submit(fixture, 1);
    const { batch, emit } = given(fixture, 0);
    const callId = batch.items[0]?.callId as number;
    emit([{ callId, outputs: [], error: failure, final: true }]);
    given(fixture, 0).finish();
    await fixture.clock.flush();
    expect(outcome.responses).toEqual([]);
    expect(outcome.error).toMatchObject(failure);
  });
});

describe('what a model says of the tokens of a stream', () => {
  it('goes with its answers and stays with the call, as does the time of its first answer', async () => {
    const fixture = createFixture(1);
    const { outcome, call: theCall } = await submit(fixture, 1);
    await fixture.clock.advance(30);
    answer(given(fixture, 0));
    await fixture.clock.advance(40);
    const usage = { promptTokens: 7, completionTokens: 2 };
    answer(given(fixture, 0), { usage, finishReason: 'length', final: true });
    expect(outcome.responses.map(({ usage, finishReason }) => ({ usage, finishReason }))).toEqual([
      { usage: undefined, finishReason: undefined },
      { usage, finishReason: 'length' },
    ]);
    expect(theCall.timing).toMatchObject({ firstResponseAt: 1_030, usage, finishReason: 'length', finishedAt: 1_070 });
  });

  it('is told as it grows, with the time since the answer before', async () => {
    const fixture = createFixture(1);
    const told: Events['usageGrew'][] = [];
    fixture.events.subscribe('usageGrew', (event) => told.push(event));
    const { call: theCall } = await submit(fixture, 1);
    const usage = (completionTokens: number) => ({ promptTokens: 7, cachedTokens: 4, completionTokens });
    for (const completionTokens of [1, 3, 3]) {
      await fixture.clock.advance(30);
      answer(given(fixture, 0), { usage: usage(completionTokens) });
    }
    await fixture.clock.advance(30);
    const failure = { code: 'internal' as const, message: 'broken' };
    given(fixture, 0).emit([{ callId: 1, outputs: [], error: failure, usage: usage(4), final: true }]);
    const more = (completionTokens: number) => ({ promptTokens: 0, cachedTokens: 0, completionTokens });
    expect(told).toEqual([
      { ref: REF, call: theCall, added: usage(1), isFirst: true, sinceMs: undefined },
      { ref: REF, call: theCall, added: more(2), isFirst: false, sinceMs: 30 },
      { ref: REF, call: theCall, added: more(0), isFirst: false, sinceMs: 30 },
      { ref: REF, call: theCall, added: more(1), isFirst: false, sinceMs: undefined },
    ]);
  });

  it('is told without a time where its model had to wait for the reader', async () => {
    const fixture = createFixture(1);
    const times: (number | undefined)[] = [];
    fixture.events.subscribe('usageGrew', ({ sinceMs }) => times.push(sinceMs));
    const { grant } = await submit(fixture, 1);
    const usage = (completionTokens: number) => ({ usage: { promptTokens: 7, completionTokens } });
    for (let tokens = 1; tokens <= STREAM_CREDIT; tokens++) {
      await fixture.clock.advance(10);
      answer(given(fixture, 0), usage(tokens));
    }
    await fixture.clock.advance(5_000);
    grant(2);
    answer(given(fixture, 0), usage(STREAM_CREDIT + 1));
    await fixture.clock.advance(10);
    answer(given(fixture, 0), usage(STREAM_CREDIT + 2));
    expect(times).toEqual([undefined, ...Array.from({ length: STREAM_CREDIT - 1 }, () => 10), undefined, 10]);
  });

  it('is kept when it comes with an error, or with an end that is no answer', async () => {
    const fixture = createFixture(2);
    const [failed, ended] = [await submit(fixture, 1), await submit(fixture, 2)];
    const usage = { promptTokens: 7, completionTokens: 2 };
    const error = { code: 'cancelled' as const, message: 'enough' };
    given(fixture, 0).emit([{ callId: 1, outputs: [], error, usage, final: true }]);
    given(fixture, 1).emit([{ callId: 2, outputs: [], usage, finishReason: 'stop', final: true }]);
    expect([failed.call.timing.usage, ended.call.timing.usage]).toEqual([usage, usage]);
    expect(ended.call.timing.finishReason).toBe('stop');
    expect(ended.outcome.responses).toEqual([]);
  });

  it.each<[string, object, string]>([
    [
      'a count is no number',
      { usage: { promptTokens: 7, completionTokens: Number.NaN } },
      'usage.completionTokens: expected a number of tokens, got NaN',
    ],
    [
      'a count is negative',
      { usage: { promptTokens: -1, completionTokens: 1 } },
      'usage.promptTokens: expected a number of tokens, got -1',
    ],
    [
      'a count is text',
      { usage: { promptTokens: 1, cachedTokens: '5', completionTokens: 1 } },
      'usage.cachedTokens: expected a number of tokens, got 5',
    ],
    [
      'the reason is unknown',
      { finishReason: 'bored"} 1' },
      'finishReason: expected one of stop, length, tool_calls, content_filter, got bored"} 1',
    ],
  ])('ends with an error where %s', async (_label, said, problem) => {
    const fixture = createFixture(1);
    const { outcome, call: theCall } = await submit(fixture, 1);
    answer(given(fixture, 0), said);
    const message = `the model's answer is wrong: ${problem}`;
    expect(outcome.error).toMatchObject({ code: 'internal', message });
    expect([theCall.timing.usage, theCall.timing.finishReason]).toEqual([undefined, undefined]);
    expect(fixture.instance().cancelled).toEqual([1]);
  });

  it('ends with an error where an answer has parameters that nobody could read', async () => {
    const fixture = createFixture(1);
    const { outcome } = await submit(fixture, 1);
    answer(given(fixture, 0), { parameters: { tool: { call: new Map() as never } } });
    expect(outcome.error).toMatchObject({
      code: 'internal',
      message: "parameter 'tool.call': expected JSON, got Map",
    });
    expect(fixture.instance().cancelled).toEqual([1]);
  });
});
