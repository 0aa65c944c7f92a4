import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Call } from '../../src/core/index.js';
import type { ServerOptions } from '../../src/server/index.js';
import { FakeClock } from '../support/fake-clock.js';
import { createFakeService, fakeModelInfo } from '../support/fake-service.js';
import { Answers, eventOf } from '../support/given-answers.js';
import { createTestServer, EVERYBODY } from '../support/http-server.js';
import { NO_TIMING } from '../support/no-timing.js';
import { requestOf } from '../support/two-ways.js';
import { until } from '../support/until.js';

const STREAM = { line: 'POST /v2/models/m/generate_stream', body: '{"x":[1,2,3,4]}' };
const INFER = 'POST /v2/models/m/infer';
const BODY = JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 4], data: [1, 2, 3, 4] }] });

/** A server whose model gives these answers; a cancelled call ends them with its reason. */
function serve(answers: Answers, options: Partial<ServerOptions> = {}) {
  const calls: Call[] = [];
  const clock = new FakeClock();
  const service = createFakeService({
    async infer(call) {
      calls.push(call);
      call.onCancel((reason) => answers.fail(reason));
      return { kind: 'many', timing: NO_TIMING, responses: answers };
    },
  });
  return { ...createTestServer({ service, options, clock }), calls, clock };
}

const decoder = new TextDecoder();
type Reader = ReadableStreamDefaultReader<Uint8Array>;

async function nextText(reader: Reader): Promise<string | undefined> {
  const { done, value } = await reader.read();
  return done ? undefined : decoder.decode(value);
}

function readerOf(response: Response): Reader {
  if (response.body === null) throw new Error('the answer has no body');
  return response.body.getReader();
}

async function turns(left = 5): Promise<void> {
  await new Promise(setImmediate);
  if (left > 1) await turns(left - 1);
}

describe('a streamed answer of fetch', () => {
  it('reaches its reader piece by piece', async () => {
    const answers = new Answers().give('one');
    const { server, finished } = serve(answers);
    const response = await server.fetch(requestOf(STREAM));
    expect([response.status, response.headers.get('content-type'), response.headers.get('content-length')]).toEqual([
      200,
      'text/event-stream; charset=utf-8',
      null,
    ]);
    const reader = readerOf(response);
    expect(await nextText(reader)).toBe(eventOf('one'));
    answers.give('two').end();
    expect(await nextText(reader)).toBe(eventOf('two'));
    expect(finished).toEqual([]);
    expect(await nextText(reader)).toBeUndefined();
    expect(finished).toMatchObject([{ status: 200, error: undefined, responseBytes: 2 * eventOf('one').length }]);
  });

  it('is not asked for more than its reader takes', async () => {
    const answers = new Answers().give('one', 'two', 'three');
    const { server } = serve(answers);
    const reader = readerOf(await server.fetch(requestOf(STREAM)));
    await turns();
    expect(answers.asked).toBe(1);
    await nextText(reader);
    await turns();
    expect(answers.asked).toBe(1);
    await nextText(reader);
    expect(answers.asked).toBe(2);
    await reader.cancel();
  });

  it('that fails before its first piece is an error, and after it breaks off', async () => {
    const early = serve(new Answers().fail(new TypeError('a fault')));
    const response = await early.server.fetch(requestOf(STREAM));
    expect([response.status, early.diagnostics.length]).toEqual([500, 1]);
    const late = serve(new Answers().give('one').fail(new TypeError('a fault')));
    const reader = readerOf(await late.server.fetch(requestOf(STREAM)));
    await nextText(reader);
    await expect(reader.read()).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringMatching(/^internal error/),
    });
    expect(late.finished).toMatchObject([{ status: 200, error: { code: 'internal' } }]);
  });

  it('of HEAD has no body', async () => {
    const { server } = serve(new Answers());
    const response = await server.fetch(requestOf({ line: 'HEAD /v2/models/m/generate_stream' }));
    expect([response.status, response.body]).toEqual([405, null]);
  });

  it('that its reader cancels cancels the call', async () => {
    const answers = new Answers().give('one');
    const { server, calls, finished } = serve(answers);
    const reader = readerOf(await server.fetch(requestOf(STREAM)));
    await nextText(reader);
    await reader.cancel();
    await answers.left;
    expect(calls[0]?.cancelled).toMatchObject({ code: 'cancelled' });
    expect(finished).toMatchObject([{ status: 499 }]);
  });

  it('that nobody reads for too long is broken off, sooner when the server shuts down', async () => {
    for (const drains of [false, true]) {
      const answers = new Answers().give('one');
      const { server, clock, finished } = serve(answers, { sendTimeoutMs: 10_000 });
      const reader = readerOf(await server.fetch(requestOf(STREAM)));
      if (drains) server.drain();
      await clock.advance(drains ? 1_999 : 9_999);
      expect(finished).toEqual([]);
      await clock.advance(1);
      const message = `the server cut off the client, which took nothing of its answer for ${drains ? 2_000 : 10_000} ms`;
      expect(finished).toMatchObject([{ status: 499, error: { message } }]);
      await answers.left;
      await expect(reader.read()).rejects.toMatchObject({ code: 'cancelled', message });
    }
  });
});

describe('the signal of a request', () => {
  it('that is aborted already rejects, and the server sees nothing of it', async () => {
    const { server, finished } = serve(new Answers());
    const reason = new Error('too late');
    const request = requestOf(STREAM, { signal: AbortSignal.abort(reason) });
    await expect(server.fetch(request)).rejects.toBe(reason);
    expect(finished).toEqual([]);
  });

  it('rejects with its reason, and cancels the call', async () => {
    const answers = new Answers();
    const { server, calls, finished } = serve(answers);
    const controller = new AbortController();
    const answer = server.fetch(requestOf(STREAM, { signal: controller.signal }));
    const rejected = expect(answer).rejects.toMatchObject({ name: 'AbortError' });
    await until('the model is asked', () => answers.asked === 1);
    controller.abort();
    await rejected;
    expect(calls[0]?.cancelled).toMatchObject({ code: 'cancelled' });
    expect(finished).toMatchObject([{ status: 499 }]);
  });

  it('breaks off an answer that is read, and a body that is sent', async () => {
    const controller = new AbortController();
    const { server } = serve(new Answers().give('one'));
    const reader = readerOf(await server.fetch(requestOf(STREAM, { signal: controller.signal })));
    await nextText(reader);
    const next = expect(reader.read()).rejects.toMatchObject({ name: 'AbortError' });
    controller.abort();
    await next;
    const sending = sendSlowly();
    const other = server.fetch(
      requestOf({ line: INFER }, { body: sending.body, duplex: 'half', signal: sending.signal }),
    );
    const rejected = expect(other).rejects.toMatchObject({ name: 'AbortError' });
    await sending.read;
    sending.abort();
    await rejected;
    await sending.cancelled;
  });
});

describe('a body that is sent to fetch', () => {
  it('is waited for as long as over a socket', async () => {
    const options = { receiveTimeoutMs: 5_000, minReceiveBytesPerSecond: 0 };
    const { server, clock } = serve(new Answers(), options);
    const { body } = sendSlowly();
    const answer = server.fetch(requestOf({ line: INFER }, { body, duplex: 'half' }));
    await turns();
    await clock.advance(5_000);
    const response = await answer;
    expect([response.status, await response.json()]).toEqual([408, { error: 'the request did not arrive in time' }]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('has to arrive as fast as over a socket', async () => {
    const options = { minReceiveBytesPerSecond: 1_000, receiveGraceMs: 2_000 };
    const { server, clock } = serve(new Answers(), options);
    const { body } = sendSlowly();
    const answer = server.fetch(requestOf({ line: INFER }, { body, duplex: 'half' }));
    await turns();
    for (let second = 0; second < 5; second++) await clock.advance(1_000);
    const response = await answer;
    expect([response.status, await response.json()]).toEqual([
      408,
      { error: 'the body arrived too slowly: expected at least 1000 bytes per second, got fewer for 2000 ms' },
    ]);
  });

  it('that breaks off without a signal is answered with 400', async () => {
    const { server, clock, finished } = serve(new Answers());
    const body = new ReadableStream({ pull: (controller) => controller.error(new Error('ECONNRESET')) });
    const answer = server.fetch(requestOf({ line: INFER }, { body, duplex: 'half' }));
    await turns();
    await clock.flush();
    expect((await answer).status).toBe(400);
    expect(finished).toMatchObject([{ error: { message: 'the connection ended before the request was complete' } }]);
  });
});

/** A body of which the first byte comes, and no other. */
function sendSlowly() {
  let onRead = () => undefined as unknown;
  let onCancelled = () => undefined as unknown;
  const read = new Promise<void>((resolve) => {
    onRead = () => resolve();
  });
  const cancelled = new Promise<void>((resolve) => {
    onCancelled = () => resolve();
  });
  let pulls = 0;
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        pulls++;
        if (pulls === 1) controller.enqueue(Buffer.from('{'));
        else {
          onRead();
          return new Promise(() => undefined);
        }
      },
      cancel: () => void onCancelled(),
    },
    { highWaterMark: 0 },
  );
  const controller = new AbortController();
  return { body, read, cancelled, signal: controller.signal, abort: () => controller.abort() };
}

/** How far a request may be. */
const STATES = [
  'credential',
  'body',
  'model',
  'first piece',
  'between pieces',
  'untaken answer',
  'taken answer',
] as const;
/** What may end it. */
const ENDS = ['abort', 'cancel', 'time', 'loss of its key'] as const;
type State = (typeof STATES)[number];
type End = (typeof ENDS)[number];

const TIMEOUT_MS = 1_000;
const MAX_BYTES = 100_000;

/** A server with requests in any state, of which the header `x-state` speaks. */
function serveStates() {
  const clock = new FakeClock();
  /** Calls that wait for the model. */
  const waiting: Call[] = [];
  const response = (id: string, length: number) => ({
    ref: fakeModelInfo('m', 3).ref,
    id,
    outputs: [{ name: 'y', datatype: 'UINT8', shape: [length], data: new Uint8Array(length).fill(7) }] as const,
    parameters: {},
  });
  const service = createFakeService({
    infer(call, _resolved, { id }) {
      const state = call.metadata['x-state'];
      if (state === 'model') {
        waiting.push(call);
        return new Promise((_resolve, reject) => call.onCancel(reject));
      }
      if (state !== 'first piece' && state !== 'between pieces') {
        return Promise.resolve({
          kind: 'one',
          timing: NO_TIMING,
          response: response(id, state === 'untaken answer' ? 10_000 : 10),
        });
      }
      const given = state === 'first piece' ? new Answers() : new Answers().give('one');
      waiting.push(call);
      call.onCancel((reason) => given.fail(reason));
      return Promise.resolve({ kind: 'many', timing: NO_TIMING, responses: given });
    },
  });
  const created = createTestServer({
    clock,
    service,
    options: { maxBufferedBytes: MAX_BYTES, sendTimeoutMs: 10_000, receiveTimeoutMs: 10_000 },
    dependencies: {
      authenticate: (authorization) => (authorization === 'late' ? new Promise(() => undefined) : EVERYBODY),
    },
  });
  return { ...created, clock, waiting };
}

/** Brings a request into a state; gives what ends it. */
async function bring(state: State, { server }: Pick<ReturnType<typeof serveStates>, 'server'>) {
  const controller = new AbortController();
  const headers = { 'x-state': state, ...(state === 'credential' && { authorization: 'late' }) };
  const timeout = { 'x-request-timeout-ms': String(TIMEOUT_MS) };
  const streams = state === 'first piece' || state === 'between pieces';
  const asked = { headers: { ...headers, ...timeout }, ...(streams ? STREAM : { line: INFER, body: BODY }) };
  const init = { signal: controller.signal };
  const sending = sendSlowly();
  const request =
    state === 'body'
      ? requestOf({ line: INFER, headers: asked.headers }, { ...init, body: sending.body, duplex: 'half' })
      : requestOf(asked, init);
  const answer = server.fetch(request).catch(() => undefined);
  const isThere = state === 'between pieces' || state === 'untaken answer' || state === 'taken answer';
  const response = isThere ? await answer : undefined;
  if (state === 'taken answer') await response?.arrayBuffer();
  await turns();
  return {
    abort: () => controller.abort(),
    cancel: () => (response === undefined || response.bodyUsed ? controller.abort() : void response.body?.cancel()),
  };
}

describe('a request of fetch that ends early', () => {
  const step = fc.record({ state: fc.constantFrom<State>(...STATES), end: fc.constantFrom<End>(...ENDS) });

  it('leaves nothing behind, whatever its state, beside others', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 4 }), async (steps) => {
        const served = serveStates();
        const { server, clock, waiting, finished, diagnostics } = served;
        for (const { state, end } of steps) {
          const request = await bring(state, served);
          if (end === 'abort') request.abort();
          else if (end === 'cancel') request.cancel();
          else if (end === 'loss of its key') server.endFor(new Set([EVERYBODY]));
          await turns();
        }
        // Those that are left: by their deadline, or because nobody takes the answer.
        for (let second = 0; second < 12; second++) await clock.advance(1_000);
        await turns();
        await clock.flush();
        await turns();
        expect([finished.length, clock.pendingTimers, diagnostics]).toEqual([steps.length, 0, []]);
        expect(waiting.filter(({ cancelled }) => cancelled === undefined)).toEqual([]);
        // All of the memory is there again.
        const whole = await server.fetch(requestOf({ line: INFER, body: BODY.padEnd(MAX_BYTES - 1_000) }));
        expect(whole.status).toBe(200);
        await server.close(0);
      }),
      { numRuns: 60 },
    );
  });

  it.each(STATES)('holds up no shutdown (%s)', async (state) => {
    const served = serveStates();
    const { server, clock, finished } = served;
    await bring(state, served);
    let closed = false;
    void server.close(100).then(() => {
      closed = true;
    });
    for (let step = 0; step < 30 && !closed; step++) {
      await turns();
      await clock.advance(500);
    }
    expect([closed, finished.length]).toEqual([true, 1]);
  });
});
