import { describe, expect, it, vi } from 'vitest';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { FakeGrpcStream } from '../../../../test/support/fake-grpc-stream.js';
import { fakeResolved } from '../../../../test/support/fake-service.js';
import { protoBytes, protoJson } from '../../../../test/support/grpc-messages.js';
import { NO_TIMING } from '../../../../test/support/no-timing.js';
import { serviceOf } from '../../../../test/support/service-of.js';
import { fp32 } from '../../../../test/support/tensors.js';
import { type Call, type InferRequest, type InferResponse, MillraceError } from '../../../core/index.js';
import type { InferResult } from '../../../service/index.js';
import type { GrpcMetadata } from '../../shared/grpc/method.js';
import { createStreamOpener } from './infer-stream.js';

const REF = { name: 'm', version: 2, generation: 1 };

function answerTo(id: string, value = 1): InferResponse {
  return { ref: REF, id, parameters: {}, outputs: [fp32('y', [1], [value])] };
}

interface Asked {
  readonly request: InferRequest;
  readonly call: Call;
  answer(result: InferResult): void;
  fail(error: unknown): void;
}

/** A stream whose requests wait until the test answers them. */
function setUp(metadata: GrpcMetadata = {}) {
  const asked: Asked[] = [];
  const stream = new FakeGrpcStream(metadata);
  const open = createStreamOpener({
    maxInputs: 4,
    clock: new FakeClock(),
    service: serviceOf({
      resolve: (_call, target) => fakeResolved(target, {}),
      infer: (call, _resolved, request) =>
        new Promise((resolve, reject) => {
          asked.push({ call, request, answer: resolve, fail: reject });
        }),
    }),
  });
  const handler = open(stream);
  const ask = (id: string, more: object = {}) =>
    handler.onMessage(protoBytes('ModelInferRequest', { model_name: 'm', id, ...more }));
  return { stream, handler, asked, ask, sent: () => stream.sent.map(describeAnswer) };
}

const one = (id: string): InferResult => ({ kind: 'one', timing: NO_TIMING, response: answerTo(id) });

/** Answers of a decoupled model that come when the test says so. */
class Answers implements AsyncIterableIterator<InferResponse> {
  taken = 0;
  left = false;
  readonly #steps: (InferResponse | Error | undefined)[] = [];
  #wake: (() => void) | undefined;

  give(...steps: readonly (InferResponse | Error | undefined)[]): void {
    this.#steps.push(...steps);
    this.#wake?.();
  }

  async next(): Promise<IteratorResult<InferResponse>> {
    while (this.#steps.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const step = this.#steps.shift();
    if (step instanceof Error) throw step;
    this.taken++;
    return step === undefined ? { done: true, value: undefined } : { done: false, value: step };
  }

  return(): Promise<IteratorResult<InferResponse>> {
    this.left = true;
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

const settle = () => new Promise(setImmediate);

/** An answer as `id final`, or as `id: error`. */
function describeAnswer(message: readonly Uint8Array[]): string {
  const { error_message, infer_response } = protoJson('ModelStreamInferResponse', message) as unknown as {
    readonly error_message: string;
    readonly infer_response: {
      readonly id: string;
      readonly model_name: string;
      readonly outputs: readonly unknown[];
      readonly parameters: { readonly triton_final_response?: { readonly bool_param: boolean } };
    };
  };
  const final = infer_response.parameters.triton_final_response?.bool_param;
  const flag = final === undefined ? '' : final ? ' final' : ' more';
  const model = infer_response.model_name === '' ? '' : ` of ${infer_response.model_name}`;
  const content = error_message === '' ? `${infer_response.outputs.length} outputs` : `'${error_message}'`;
  return `${infer_response.id}${model}${flag}: ${content}`;
}

describe('a stream of requests to models with one answer', () => {
  it('is answered in the order of the requests, whoever is ready first', async () => {
    const { ask, asked, sent, stream, handler } = setUp();
    for (const id of ['a', 'b', 'c']) expect(ask(id)).toBeUndefined();
    asked[2]?.answer(one('c'));
    asked[1]?.fail(new MillraceError('not_found', 'no such model'));
    await settle();
    expect(sent()).toEqual([]);
    asked[0]?.answer(one('a'));
    await settle();
    expect(sent()).toEqual(['a of m final: 1 outputs', "b: 'no such model'", 'c of m final: 1 outputs']);
    expect(stream.open.size).toBe(0);
    expect(stream.ended).toBeUndefined();
    handler.onHalfClose();
    expect(stream.ended).toEqual({ error: undefined });
  });

  it('goes on after a message that is refused, whose id is given where it can be read', async () => {
    const { ask, asked, sent, handler } = setUp();
    ask('bad', { parameters: { triton_foo: { int64_param: 1 } } });
    handler.onMessage(Uint8Array.of(0xff));
    ask('good');
    asked[0]?.answer(one('good'));
    await settle();
    expect(sent()).toEqual([
      "bad: 'request: parameter 'triton_foo' is not known, and names that begin with 'triton_' are reserved'",
      ": 'request: malformed protobuf at byte 0: expected the rest of a varint, got the end'",
      'good of m final: 1 outputs',
    ]);
  });

  it('ends after its last answer when the client has sent its last request', async () => {
    const { ask, asked, handler, stream } = setUp();
    ask('a');
    handler.onHalfClose();
    expect(stream.ended).toBeUndefined();
    asked[0]?.answer(one('a'));
    await settle();
    expect(stream.ended).toEqual({ error: undefined });
  });

  it('ends at once when there was no request', () => {
    const { handler, stream } = setUp();
    handler.onHalfClose();
    expect(stream.ended).toEqual({ error: undefined });
  });

  it('takes no more than 256 requests at a time', async () => {
    const { ask, asked } = setUp();
    for (let index = 1; index < 256; index++) expect(ask(String(index))).toBeUndefined();
    const proceed = vi.fn();
    const last = ask('256');
    expect(last).toBeInstanceOf(Promise);
    void (last as Promise<void>).then(proceed);
    asked[1]?.answer(one('2'));
    await settle();
    // Its answer still waits for that of the first.
    expect(proceed).not.toHaveBeenCalled();
    asked[0]?.answer(one('1'));
    await settle();
    expect(proceed).toHaveBeenCalledTimes(1);
  });

  it('sends nothing, and takes nothing, while the client does not read', async () => {
    const { ask, asked, sent, stream } = setUp();
    stream.room = 1;
    ask('a');
    ask('b');
    asked[0]?.answer(one('a'));
    asked[1]?.answer(one('b'));
    await settle();
    expect(sent()).toEqual(['a of m final: 1 outputs']);
    const proceed = vi.fn();
    void (ask('c') as Promise<void>).then(proceed);
    await settle();
    expect(proceed).not.toHaveBeenCalled();
    stream.drain();
    await settle();
    expect(sent()).toEqual(['a of m final: 1 outputs', 'b of m final: 1 outputs']);
    expect(proceed).toHaveBeenCalledTimes(1);
  });

  it('drops what comes after it broke', async () => {
    const { ask, asked, sent, stream, handler } = setUp();
    for (let index = 0; index < 255; index++) ask(String(index));
    const waiting = ask('last');
    handler.onBroken();
    stream.breakOff();
    await waiting;
    asked[0]?.answer(one('0'));
    asked[1]?.fail(new MillraceError('cancelled', 'gone'));
    await settle();
    expect(sent()).toEqual([]);
    expect(asked[0]?.call.cancelled).toMatchObject({ code: 'cancelled' });
    expect(ask('late')).toBeUndefined();
    expect(asked).toHaveLength(256);
  });
});

describe('a stream of requests to decoupled models', () => {
  it('sends answers as they come, and lets others pass', async () => {
    const { ask, asked, sent, stream, handler } = setUp();
    const answers = new Answers();
    ask('many');
    ask('one');
    asked[0]?.answer({ kind: 'many', timing: NO_TIMING, responses: answers });
    asked[1]?.answer(one('one'));
    await settle();
    answers.give(answerTo('many'), answerTo('many'));
    await settle();
    expect(sent()).toEqual(['one of m final: 1 outputs', 'many of m more: 1 outputs', 'many of m more: 1 outputs']);
    handler.onHalfClose();
    expect(stream.ended).toBeUndefined();
    answers.give(undefined);
    await settle();
    expect(sent()).toHaveLength(3);
    expect(stream.ended).toEqual({ error: undefined });
    expect(stream.open.size).toBe(0);
  });

  it('ends with an empty answer where one is asked for', async () => {
    const { ask, asked, sent } = setUp();
    const answers = new Answers();
    ask('z', { parameters: { triton_enable_empty_final_response: { bool_param: true } } });
    asked[0]?.answer({ kind: 'many', timing: NO_TIMING, responses: answers });
    answers.give(answerTo('z'), undefined);
    await settle();
    expect(sent()).toEqual(['z of m more: 1 outputs', 'z of m final: 0 outputs']);
  });

  it('goes on after an answer that failed, and tells of an error that was the end', async () => {
    const { ask, asked, sent, stream } = setUp();
    const answers = new Answers();
    ask('e');
    asked[0]?.answer({ kind: 'many', timing: NO_TIMING, responses: answers });
    const failed = { ...answerTo('e'), outputs: [], error: new MillraceError('invalid_argument', 'negative') };
    answers.give(answerTo('e'), failed, answerTo('e'), new MillraceError('unavailable', 'the runner died'));
    await settle();
    expect(sent()).toEqual([
      'e of m more: 1 outputs',
      "e of m more: 'negative'",
      'e of m more: 1 outputs',
      "e of m final: 'the runner died'",
    ]);
    expect(stream.ended).toBeUndefined();
  });

  it('asks for an answer when the client has room for it', async () => {
    const { ask, asked, sent, stream } = setUp();
    const answers = new Answers();
    stream.room = 2;
    ask('a');
    asked[0]?.answer({ kind: 'many', timing: NO_TIMING, responses: answers });
    answers.give(...['a', 'a', 'a', 'a'].map((id) => answerTo(id)), undefined);
    await settle();
    expect([answers.taken, sent().length]).toEqual([2, 2]);
    stream.drain(1);
    await settle();
    expect([answers.taken, sent().length]).toEqual([3, 3]);
    stream.drain();
    await settle();
    expect(sent()).toHaveLength(4);
  });

  it('leaves the answers of a stream that broke', async () => {
    const { ask, asked, sent, stream, handler } = setUp();
    const answers = new Answers();
    ask('a');
    asked[0]?.answer({ kind: 'many', timing: NO_TIMING, responses: answers });
    answers.give(answerTo('a'));
    await settle();
    handler.onBroken();
    stream.breakOff();
    answers.give(answerTo('a'));
    await settle();
    expect(answers.left).toBe(true);
    expect(sent()).toHaveLength(1);
  });
});

describe('a stream with triton_grpc_error', () => {
  it.each(['true', 'false'])('%s', async (value) => {
    const { ask, asked, sent, stream } = setUp({ triton_grpc_error: value });
    ask('a');
    ask('b');
    const error = new MillraceError('not_found', 'no such model');
    asked[0]?.fail(error);
    await settle();
    if (value === 'true') {
      expect(stream.ended).toEqual({ error });
      expect(asked[1]?.call.cancelled).toMatchObject({ code: 'cancelled' });
      asked[1]?.answer(one('b'));
      await settle();
      expect(sent()).toEqual([]);
    } else {
      expect(stream.ended).toBeUndefined();
      expect(sent()).toEqual(["a: 'no such model'"]);
    }
  });

  it('ends for an error among the answers of a decoupled model', async () => {
    const { ask, asked, sent, stream } = setUp({ triton_grpc_error: 'true' });
    const answers = new Answers();
    ask('e');
    asked[0]?.answer({ kind: 'many', timing: NO_TIMING, responses: answers });
    const error = new MillraceError('invalid_argument', 'negative');
    answers.give(answerTo('e'), { ...answerTo('e'), outputs: [], error }, answerTo('e'));
    await settle();
    expect(sent()).toEqual(['e of m more: 1 outputs']);
    expect(stream.ended).toEqual({ error });
    expect(answers.left).toBe(true);
  });
});
