import { beforeEach, describe, expect, it } from 'vitest';
import { IDENTITY, Outcome, request } from '../../test/support/engine-fixture.js';
import type { GivenBatch } from '../../test/support/fake-instance.js';
import { principalWith } from '../../test/support/principals.js';
import { createSchedulerFixture, LIMITS } from '../../test/support/scheduler-fixture.js';
import { fp32, numbersOf } from '../../test/support/tensors.js';
import {
  attemptSpanId,
  Call,
  type InferRequest,
  type InferResponse,
  type InferTarget,
  MillraceError,
  type TraceContext,
} from '../core/index.js';
import type { CallModel, ModelRequest } from '../runtimes/index.js';
import { executingIn } from './instance-pool.js';
import { createCallModel } from './model-calls.js';
import type { InferResult } from './types.js';

const TRACE: TraceContext = {
  traceId: 'a'.repeat(32),
  spanId: 'b'.repeat(16),
  parentSpanId: undefined,
  sampled: true,
  state: 'vendor=1',
};
const PRINCIPAL = principalWith('ada', 'caller');

const asking = (modelName: string): ModelRequest => ({
  modelName,
  modelVersion: undefined,
  inputs: [fp32('a', [1], [1])],
  outputs: ['b'],
  parameters: { p: 1 },
});

const response = (value: number): InferResponse => ({
  ref: { name: 'other', version: 1, generation: 2 },
  id: '',
  outputs: [fp32('b', [1], [value])],
  parameters: { value },
});

/** A scheduler of a model `m` whose instance calls other models while it executes requests. */
function createFixture() {
  const scheduled = createSchedulerFixture({
    description: { ...IDENTITY, wantsContext: true },
    limits: { executionTimeoutMs: 500, wantsContext: true, batching: { ...LIMITS.batching, batching: false } },
  });
  const inferred: { readonly call: Call; readonly target: InferTarget; readonly request: InferRequest }[] = [];
  const settle: { resolve: (result: InferResult) => void; reject: (error: unknown) => void }[] = [];
  const callModel: CallModel = createCallModel({
    modelName: 'm',
    clock: scheduled.clock,
    infer: (call, target, given) => {
      inferred.push({ call, target, request: given });
      return new Promise((resolve, reject) => {
        settle.push({ resolve, reject });
        call.onCancel(reject);
      });
    },
    parent: (callId) => executingIn(scheduled.pool.slots, callId),
  });
  /** A request that the instance is executing; its id is 1. */
  const execute = async (callers: readonly string[] = [], options: Partial<InferRequest> = {}) => {
    const call = new Call({
      requestId: 'req',
      principal: PRINCIPAL,
      trace: TRACE,
      deadlineAt: 9_000,
      receivedAt: 1_000,
      callers,
      priority: 'background',
      routingKey: 'user-1',
    });
    const outcome = new Outcome();
    scheduled.scheduler.submit({ request: request(1, options), call, sink: outcome });
    await scheduled.clock.flush();
    return { call, outcome, running: scheduled.instance().running as GivenBatch };
  };
  const open = (name = 'other', callId = 1) => callModel(callId, asking(name))[Symbol.asyncIterator]();
  return { ...scheduled, inferred, settle, execute, open };
}

let fixture: ReturnType<typeof createFixture>;
beforeEach(() => {
  fixture = createFixture();
});

describe('a model that calls another one', () => {
  it('does so as whoever called it, in the same trace, until the same deadline', async () => {
    await fixture.execute(['outer']);
    await fixture.clock.advance(100);
    fixture.open();
    const { call, target, request: given } = fixture.inferred[0] as (typeof fixture.inferred)[number];
    expect(call).toMatchObject({ requestId: 'req', principal: PRINCIPAL, deadlineAt: 9_000 });
    expect(call).toMatchObject({ priority: 'background', routingKey: 'user-1' });
    expect(call.callers).toEqual(['outer', 'm']);
    expect(call.timing.receivedAt).toBe(1_100);
    const { trace } = call;
    expect(trace).toMatchObject({
      traceId: TRACE.traceId,
      parentSpanId: TRACE.spanId,
      sampled: true,
      state: 'vendor=1',
    });
    expect(trace?.spanId).not.toBe(TRACE.spanId);
    expect(target).toEqual({ name: 'other', version: undefined, isStep: false });
    expect(given).toMatchObject({ parameters: { p: 1 } });
    expect(given.outputs).toEqual([{ name: 'b', classificationCount: 0 }]);
  });

  it('does so with the priority and the queue time-out of its own request', async () => {
    await fixture.execute([], { priority: 2, queueTimeoutMs: 250 });
    fixture.open();
    expect(fixture.inferred[0]?.request).toMatchObject({ priority: 2, queueTimeoutMs: 250 });
  });

  it('gets one answer', async () => {
    await fixture.execute();
    const answers = fixture.open();
    fixture.settle[0]?.resolve({ kind: 'one', response: response(5) });
    const { value } = await answers.next();
    expect([numbersOf(value.outputs[0]), value.parameters]).toEqual([[5], { value: 5 }]);
    expect(await answers.next()).toEqual({ done: true, value: undefined });
  });

  it('gets many answers, and the error of one of them', async () => {
    await fixture.execute();
    const error = new MillraceError('internal', 'the third has failed');
    const responses = (async function* () {
      yield response(1);
      yield response(2);
      yield { ...response(3), error };
    })();
    const answers = fixture.open();
    fixture.settle[0]?.resolve({ kind: 'many', responses });
    expect((await answers.next()).value.parameters).toEqual({ value: 1 });
    expect((await answers.next()).value.parameters).toEqual({ value: 2 });
    await expect(answers.next()).rejects.toBe(error);
    expect(fixture.inferred[0]?.call.cancelled?.message).toBe('an answer has failed');
  });

  it("gets the other model's error", async () => {
    await fixture.execute();
    const answers = fixture.open();
    fixture.settle[0]?.reject(new MillraceError('not_found', "there is no model 'other'"));
    await expect(answers.next()).rejects.toMatchObject({ code: 'not_found', message: "there is no model 'other'" });
  });

  it('is not held for hung meanwhile, but is afterwards', async () => {
    const { outcome } = await fixture.execute();
    fixture.open();
    await fixture.clock.advance(5_000);
    expect(outcome.kind).toBe('pending');
    fixture.settle[0]?.reject(new MillraceError('internal', 'broken'));
    await fixture.clock.advance(499);
    expect(outcome.kind).toBe('pending');
    await fixture.clock.advance(1);
    expect(outcome.kind).toBe('unavailable');
  });

  it('is held for hung when it does not take the answer', async () => {
    const { outcome } = await fixture.execute();
    fixture.open();
    fixture.settle[0]?.resolve({ kind: 'one', response: response(5) });
    await fixture.clock.advance(500);
    expect(outcome.kind).toBe('unavailable');
  });

  it('is held for hung when it asks for no more answers', async () => {
    const { outcome } = await fixture.execute();
    const answers = fixture.open();
    const responses = (async function* () {
      yield response(1);
      await new Promise(() => undefined);
    })();
    fixture.settle[0]?.resolve({ kind: 'many', responses });
    await answers.next();
    await fixture.clock.advance(500);
    expect(outcome.kind).toBe('unavailable');
  });

  it('is not held for hung while it waits for the next answer', async () => {
    const { outcome } = await fixture.execute();
    const answers = fixture.open();
    const responses = (async function* () {
      yield response(1);
      await new Promise(() => undefined);
    })();
    fixture.settle[0]?.resolve({ kind: 'many', responses });
    await answers.next();
    void answers.next();
    await fixture.clock.advance(5_000);
    expect(outcome.kind).toBe('pending');
  });

  it('leaves it when it has enough', async () => {
    await fixture.execute();
    await fixture.open().return?.();
    expect(fixture.inferred[0]?.call.cancelled).toMatchObject({
      code: 'cancelled',
      message: 'the model that called has left',
    });
  });

  it('takes it along when its own request ends', async () => {
    const { running } = await fixture.execute();
    const answers = fixture.open();
    running.finish();
    await expect(answers.next()).rejects.toMatchObject({
      code: 'cancelled',
      message: 'the request for which it was made has ended',
    });
  });

  it('takes it along when its own request is cancelled, for the same reason', async () => {
    const { call } = await fixture.execute();
    const answers = fixture.open();
    const reason = new MillraceError('deadline_exceeded', 'the request took longer than its 8000 ms');
    call.cancel(reason);
    await expect(answers.next()).rejects.toBe(reason);
  });
});

describe('a chain of calls', () => {
  it('may have 16 models', async () => {
    await fixture.execute(Array.from({ length: 14 }, (_, index) => `c${index}`));
    fixture.open('last');
    expect(fixture.inferred).toMatchObject([{ target: { name: 'last' } }]);
  });
});

describe('refused is a model that calls', () => {
  const refusal = (name: string, callId = 1) => expect(fixture.open(name, callId).next()).rejects;

  it('itself', async () => {
    await fixture.execute();
    await refusal('m').toMatchObject({
      code: 'invalid_argument',
      message: "model 'm' calls 'm', which is already being run for this request: m → m",
    });
  });

  it('whoever has called it', async () => {
    await fixture.execute(['a', 'b']);
    await refusal('a').toMatchObject({
      code: 'invalid_argument',
      message: "model 'm' calls 'a', which is already being run for this request: a → b → m → a",
    });
    expect(fixture.inferred).toEqual([]);
  });

  it('one too many', async () => {
    const callers = Array.from({ length: 15 }, (_, index) => `c${index}`);
    await fixture.execute(callers);
    await refusal('last').toMatchObject({
      code: 'invalid_argument',
      message:
        "model 'm' calls 'last', but at most 16 models may call each other for one request: " +
        `${callers.join(' → ')} → m → last`,
    });
  });

  it('for a request that it does not execute, or no longer', async () => {
    const message = "model 'm' calls 'other' for a request that it is not executing";
    await refusal('other').toMatchObject({ code: 'failed_precondition', message });
    const { call } = await fixture.execute();
    call.cancel(new MillraceError('cancelled', 'the client left'));
    await refusal('other').toMatchObject({ code: 'failed_precondition', message });
  });
});

it('items tell a runtime that wants to know of the calls behind them', async () => {
  const { running } = await fixture.execute();
  expect(running.batch.items[0]?.context).toEqual({
    requestId: 'req',
    clientId: 'r1',
    ownerId: 'key:ada',
    // What it calls is below its attempt.
    traceparent: `00-${TRACE.traceId}-${attemptSpanId(TRACE.spanId, 0)}-01`,
    remainingMs: 8_000,
  });
});
