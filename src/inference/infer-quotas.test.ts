import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { call, request } from '../../test/support/engine-fixture.js';
import { createInferFixture } from '../../test/support/infer-fixture.js';
import { type Call, type InferRequest, MillraceError, packBytes } from '../core/index.js';
import type { ModelInfo, Submission } from '../engine/index.js';
import type { QuotaConfig } from '../governance/index.js';

const REF = { name: 'm', version: 1, generation: 1 };
const FULL = new MillraceError('resource_exhausted', 'its queue is full');
const WRONG = new MillraceError('invalid_argument', "input 'x' is missing");
const GENERATES = { contextTokens: 1_000, maxOutputTokens: 200, chat: false };

function open(limits: Partial<QuotaConfig>, fields: Partial<ModelInfo> = {}) {
  const fixture = createInferFixture({ fields, quotas: [{ name: 'q', principal: '*', ...limits }] });
  const { infer, resolve, given } = fixture;
  const ask = (some: Partial<InferRequest> & { readonly rows?: number } = {}, caller = call()) => {
    const result = infer(caller, resolve(caller, { name: 'm', version: undefined }), request(1, some));
    result.catch(() => undefined);
    return { call: caller, result, sink: given.at(-1)?.sink as Submission['sink'] };
  };
  return { ...fixture, ask };
}

const answer = (bytes = 4) => ({
  ref: REF,
  id: '',
  outputs: [{ name: 'y', datatype: 'UINT8' as const, shape: [bytes], data: new Uint8Array(bytes) }],
  parameters: {},
});

/** As the engine does once an instance has it. */
function run({ timing }: Call, computeMs = 0, batchRows = 1): void {
  Object.assign(timing, { dequeuedAt: 1, startedAt: 1, computeInferMs: computeMs, batchRows });
}

it('refuses requests beyond a quota, before they are submitted', async () => {
  const { ask, given, finished } = open({ requestsPerSecond: 1 });
  ask();
  const refused = ask();
  await expect(refused.result).rejects.toMatchObject({
    code: 'quota_exceeded',
    message: "quota 'q' allows 1 requests a second (1 at once); try again in 1 s",
    retryAfterMs: 1_000,
  });
  expect(given).toHaveLength(1);
  expect(finished).toMatchObject([
    { call: refused.call, ref: REF, error: { code: 'quota_exceeded' }, answered: false },
  ]);
  expect(refused.call.quota).toMatchObject([{ policy: 'q/requestsPerSecond', remaining: 0, resetMs: 1_000 }]);
});

it('says that something was counted when a request begins, and when it is known what it took', async () => {
  const { ask, counted } = open({ bytesPerDay: 100 });
  const { call: caller, result, sink } = ask();
  expect(counted()).toBe(1);
  run(caller);
  sink.onResponse(answer(8));
  sink.onEnd(undefined);
  await result;
  expect(counted()).toBe(2);
});

it("counts a caller's own requests, and no calls on their behalf", () => {
  const { ask, left } = open({ concurrent: 5 });
  const caller = call();
  ask({}, caller);
  ask({}, caller.child({ receivedAt: 0, caller: 'outer' }));
  ask({}, caller.detached({ receivedAt: 0, deadlineAt: 1e9, account: 'none' }));
  expect(left()).toEqual([4]);
  ask({}, caller.child({ receivedAt: 0 }));
  expect(left()).toEqual([3]);
  ask({}, caller.detached({ receivedAt: 0, deadlineAt: 1e9, account: 'principal' }));
  expect(left()).toEqual([2]);
});

it('gives a call the remaining quotas of its children', () => {
  const { ask } = open({ concurrent: 5 });
  const caller = call();
  ask({}, caller.child({ receivedAt: 0 }));
  expect(caller.quota).toMatchObject([{ policy: 'q/concurrent', remaining: 4 }]);
});

describe('what has not run', () => {
  const LIMITS = { requestsPerSecond: 10, rowsPerSecond: 10, bytesPerDay: 1_000 };

  it('takes nothing where that was the doing of the server', () => {
    const { ask, left } = open(LIMITS);
    ask({ rows: 2 }).sink.onEnd(FULL);
    expect(left()).toEqual([10, 10, 1_000]);
  });

  it('counts as a request where it was that of its caller', () => {
    const { ask, left } = open(LIMITS);
    ask({ rows: 2 }).sink.onEnd(WRONG);
    expect(left()).toEqual([9, 10, 1_000]);
    ask().sink.onEnd(new MillraceError('cancelled', 'the client is gone'));
    expect(left()[0]).toBeCloseTo(8);
  });
});

it('counts bytes of inputs and outputs, and compute by its share of a batch', () => {
  const { ask, left } = open({ bytesPerDay: 1_000, computeMsPerMinute: 100 });
  const { sink, call: caller } = ask({ rows: 2 });
  run(caller, 40, 8);
  sink.onResponse(answer(100));
  sink.onEnd(undefined);
  const inputBytes = request(1, { rows: 2 }).inputs.reduce((sum, { data }) => sum + data.byteLength, 0);
  expect(left()).toEqual([1_000 - inputBytes - 100, 90]);
});

describe('tokens', () => {
  const prompt = {
    inputs: [{ name: 'x', datatype: 'BYTES' as const, shape: [1], data: packBytes([Buffer.alloc(396)]) }],
  };

  it('are reserved as prompt and longest answer, and settled by what the model says', () => {
    const { ask, left } = open({ tokensPerMinute: 1_000 }, { tasks: { generate: GENERATES } });
    const { sink, call: caller } = ask({ ...prompt, parameters: { max_tokens: 50 } });
    expect(left()).toEqual([850]);
    run(caller);
    caller.timing.usage = { promptTokens: 90, completionTokens: 7 };
    sink.onEnd(new MillraceError('cancelled', 'the client is gone'));
    expect(left()).toEqual([903]);
  });

  it('are those of the settings where a request has no limit, and no more than the context holds', () => {
    const { ask, left } = open({ tokensPerMinute: 10_000 }, { tasks: { generate: GENERATES } });
    ask(prompt);
    expect(left()).toEqual([9_700]);
    ask({ ...prompt, parameters: { max_tokens: 5_000 } });
    expect(left()).toEqual([8_700]);
  });

  it('are those of the prompt where a model was stopped before it said anything', () => {
    const { ask, left } = open({ tokensPerMinute: 1_000 }, { tasks: { generate: GENERATES } });
    const { sink, call: caller } = ask(prompt);
    run(caller);
    sink.onEnd(new MillraceError('cancelled', 'the client is gone'));
    expect(left()).toEqual([900]);
  });

  it('of a model that reports them afterwards count from then on', async () => {
    const { ask, left } = open({ tokensPerMinute: 10 });
    const first = ask();
    run(first.call);
    first.call.timing.usage = { promptTokens: 30, completionTokens: 0 };
    first.sink.onEnd(undefined);
    expect(left()).toEqual([0]);
    await expect(ask().result).rejects.toMatchObject({ code: 'quota_exceeded' });
  });

  it('hold up no model that has none', () => {
    const { ask, given } = open({ tokensPerDay: 0 });
    ask();
    expect(given).toHaveLength(1);
  });
});

it('never leaks concurrent requests, however they end', async () => {
  const end = fc.record({
    how: fc.constantFrom('answered', 'failed', 'refused', 'wrong', 'cancelled', 'gone'),
    decoupled: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(end, { maxLength: 30 }), async (ends) => {
      for (const decoupled of [true, false]) {
        const { ask, left } = open({ concurrent: 100 }, { decoupled });
        for (const { how } of ends.filter((each) => each.decoupled === decoupled)) {
          const caller = call();
          if (how === 'gone') caller.cancel(new MillraceError('cancelled', 'gone'));
          const { sink, result } = ask({}, caller);
          if (how === 'gone') {
            await expect(result).rejects.toThrow('gone');
            continue;
          }
          if (how === 'answered' || how === 'failed') run(caller);
          if (how === 'answered') sink.onResponse(answer());
          if (how === 'cancelled') caller.cancel(new MillraceError('cancelled', 'gone'));
          const errors = { failed: new MillraceError('internal', 'broken'), refused: FULL, wrong: WRONG };
          sink.onEnd(how === 'answered' ? undefined : (errors[how as keyof typeof errors] ?? caller.cancelled));
        }
        expect(left().every((remaining) => remaining === 100)).toBe(true);
      }
    }),
  );
});

describe('where replicas share counters, which takes a while', () => {
  it('a request begins when it is known that it may, and ends where it may not', async () => {
    const asked: string[] = [];
    const { infer, resolve, given, gate, finished } = createInferFixture({
      observers: [{ admit: async (inference) => gate.admit(inference) }, { admit: () => void asked.push('next') }],
      keeps: [{ name: 'q', principal: '*', concurrent: 1 }],
    });
    const ask = (caller = call()) => infer(caller, resolve(caller, { name: 'm', version: undefined }), request(1));
    const first = ask();
    expect(given).toEqual([]);
    expect(asked).toEqual([]);
    await vi.waitFor(() => expect(given).toHaveLength(1));
    expect(asked).toEqual(['next']);
    await expect(ask()).rejects.toMatchObject({ code: 'quota_exceeded' });
    expect(asked).toEqual(['next']);
    expect(finished).toMatchObject([{ error: { code: 'quota_exceeded' } }]);
    given[0]?.sink.onResponse(answer());
    given[0]?.sink.onEnd(undefined);
    expect(await first).toMatchObject({ kind: 'one' });
    expect(finished).toHaveLength(2);
  });
});
