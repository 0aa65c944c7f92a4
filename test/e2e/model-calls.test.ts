import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Call, type Events, MillraceError } from '../../src/core/index.js';
import { localCall } from '../../src/local-infer.js';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { request } from '../support/engine-fixture.js';
import { inferNamed } from '../support/infer-named.js';
import { fp32 } from '../support/tensors.js';

/** A model `x FP32[1] → y FP32[1]` in JavaScript. */
const model = (infer: string, more = '') =>
  `export default { inputs: { x: 'FP32[1]' }, outputs: { y: 'FP32[1]' }, concurrency: 16, ${more} infer: ${infer} };`;
const calling = (name: string) =>
  model(`async ({ inputs }, { model }) => {
    const { outputs } = await model('${name}').infer({ x: inputs.x });
    return { y: [outputs.y.data[0] * 10] };
  }`);

const ECHO = `runtime: echo
echo: { mode: repeat }
maxBatchSize: 0
inputs: [{ name: x, datatype: FP32, shape: [1] }]
outputs: [{ name: y, datatype: FP32, shape: [1] }]
`;

const MODELS = {
  'add/1/model.js': model('({ inputs }) => ({ y: [inputs.x.data[0] + 1] })'),
  'outer/1/model.js': calling('inner'),
  'inner/1/model.js': calling('add'),
  'ring_a/1/model.js': calling('ring_b'),
  'ring_b/1/model.js': calling('ring_c'),
  'ring_c/1/model.js': calling('ring_a'),
  'lost/1/model.js': calling('nobody'),
  'never/1/model.js': model('() => new Promise(() => undefined)'),
  'waits/1/model.js': calling('never'),
  'exits/1/model.js': model('() => process.exit(3)'),
  'careless/1/model.js': calling('exits'),
  'many/model.yaml': ECHO,
  'many/1/': '',
  'sum/1/model.js': model(`async ({ inputs, parameters }, { model }) => {
    let sum = 0;
    for await (const answer of model('many').stream({ x: inputs.x }, { parameters })) sum += answer.parameters.round;
    return { y: [sum] };
  }`),
  'first/1/model.js': model(`async ({ inputs, parameters }, { model }) => {
    for await (const answer of model('many').stream({ x: inputs.x }, { parameters })) return { y: [answer.parameters.round] };
  }`),
  'relay/1/model.js': model(
    `async function* ({ inputs, parameters }, { model }) {
      for await (const answer of model('many').stream({ x: inputs.x }, { parameters })) yield { y: [answer.parameters.round] };
    }`,
    'decoupled: true,',
  ),
};

let server: AppServer;
beforeAll(async () => {
  server = await startAppServer(MODELS);
});
afterAll(() => server[Symbol.asyncDispose]());

const infer = (name: string, parameters: object = {}, headers: Readonly<Record<string, string>> = {}) =>
  server.infer(name, { parameters, inputs: [{ name: 'x', datatype: 'FP32', shape: [1], data: [4] }] }, headers);

async function answerOf(name: string, parameters: object = {}): Promise<unknown> {
  const { body } = await infer(name, parameters);
  return body.error ?? body.outputs[0].data[0];
}

/** Requests inside batches of a model. */
const executing = (name: string) => server.app.engine.gauges().find(({ ref }) => ref.name === name)?.executingRequests;

/** Starts a request for `waits`, which waits for `never`; resolves once that is being executed too. */
async function startWaiting(): Promise<{ call: Call; ended: Promise<unknown>; childEnded: Promise<unknown> }> {
  const call = localCall(server.app);
  const given = request(1, { inputs: [fp32('x', [1], [1])] });
  const before = executing('never') ?? 0;
  const childEnded = new Promise((resolve) => {
    const unsubscribe = server.app.events.subscribe('inferFinished', ({ ref, error }) => {
      if (ref?.name !== 'never') return;
      unsubscribe();
      resolve(error);
    });
  });
  const ended = inferNamed(server.app.service, call, { name: 'waits', request: given }).catch(
    (error: unknown) => error,
  );
  await expect.poll(() => executing('never')).toBe(before + 1);
  return { call, ended, childEnded };
}

describe('a script that calls other models', () => {
  it('gets their answers, and theirs in turn', async () => {
    expect(await answerOf('outer')).toBe(500);
  });

  it('is followed by one trace and one request id', async () => {
    const finished: Events['inferFinished'][] = [];
    const unsubscribe = server.app.events.subscribe('inferFinished', (event) => finished.push(event));
    const headers = { traceparent: `00-${'c'.repeat(32)}-${'d'.repeat(16)}-01`, 'x-request-id': 'abc' };
    await infer('outer', {}, headers);
    unsubscribe();
    expect(finished.map(({ ref, call }) => [ref?.name, call.callers])).toEqual([
      ['add', ['outer', 'inner']],
      ['inner', ['outer']],
      ['outer', []],
    ]);
    const calls = finished.map(({ call }) => call);
    expect(calls.map(({ requestId, trace }) => [requestId, trace?.traceId])).toEqual(
      calls.map(() => ['abc', 'c'.repeat(32)]),
    );
    const spans = calls.map(({ trace }) => trace?.spanId);
    expect(calls.map(({ trace }) => trace?.parentSpanId)).toEqual([spans[1], spans[2], 'd'.repeat(16)]);
    expect(new Set(calls.map(({ deadlineAt }) => deadlineAt)).size).toBe(1);
  });

  it('may not go round in a circle', async () => {
    expect(await answerOf('ring_a')).toBe(
      "model 'ring_c' calls 'ring_a', which is already being run for this request: ring_a → ring_b → ring_c → ring_a",
    );
  });

  it('gets to know that there is no such model, and that one has died', async () => {
    expect(await answerOf('lost')).toMatch(/nobody/);
    expect(await answerOf('careless')).toBe('runner exits/1#0 is gone: exited with code 3');
    expect(await answerOf('outer')).toBe(500);
  });

  it('reads as many answers as come', async () => {
    expect(await answerOf('sum', { times: 1_000 })).toBe(500_500);
    expect(await answerOf('sum', { times: 0 })).toBe(0);
  });

  it('leaves what it has enough of', async () => {
    expect(await answerOf('first', { times: 100_000 })).toBe(1);
    await expect.poll(() => executing('many')).toBe(0);
  });

  it('passes a stream on, no faster than its own reader reads', async () => {
    const given = request(1, { inputs: [fp32('x', [1], [1])], parameters: { times: 100_000 } });
    const result = await inferNamed(server.app.service, localCall(server.app), { name: 'relay', request: given });
    if (result.kind !== 'many') throw new Error('expected many answers');
    let count = 0;
    for await (const { outputs } of result.responses) {
      count++;
      expect(new Float32Array(outputs[0]?.data.slice().buffer as ArrayBuffer)[0]).toBe(count);
      if (count === 200) break;
    }
    await expect.poll(() => executing('many')).toBe(0);
  });

  it('takes them along when its request is cancelled', async () => {
    const { call, ended, childEnded } = await startWaiting();
    const reason = new MillraceError('cancelled', 'the client left');
    call.cancel(reason);
    expect(await ended).toBe(reason);
    expect(await childEnded).toBe(reason);
    await expect.poll(() => executing('waits')).toBe(0);
  });

  it('takes them along when its runner dies', async () => {
    const { ended, childEnded } = await startWaiting();
    const pid = server.app.engine.gauges().find(({ ref }) => ref.name === 'waits')?.instances[0]?.pid;
    process.kill(pid as number, 'SIGKILL');
    expect(await ended).toMatchObject({ code: 'unavailable' });
    expect(await childEnded).toMatchObject({ code: 'cancelled' });
  });
});
