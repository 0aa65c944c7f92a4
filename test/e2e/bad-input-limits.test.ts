import { afterEach, describe, expect, it } from 'vitest';
import type { PartialSettings } from '../../src/index.js';
import { type AppServer, jsonOf, startAppServer } from '../support/app-server.js';
import { RawClient, requestText } from '../support/raw-client.js';
import { until } from '../support/until.js';

const echo = (...more: readonly string[]) =>
  [
    'runtime: echo',
    'maxBatchSize: 0',
    'inputs: [{ name: x, datatype: FP32, shape: [-1] }]',
    'outputs: [{ name: y, datatype: FP32, shape: [-1] }]',
    ...more,
  ].join('\n');
const MODELS = {
  'hanging/model.yaml': echo(
    'echo: { faults: true }',
    'limits: { executionTimeoutMs: 1500 }',
    'queue: { maxRequests: 1 }',
  ),
  'hanging/1/': '',
  'slow/model.yaml': echo('echo: { delayMs: 800 }', 'queue: { timeoutMs: 50 }'),
  'slow/1/': '',
};

/** Nothing is sent ahead to a busy runner: what does not run waits in the queue. */
const settings: PartialSettings = { engine: { prefetchBelowMs: 0 } };
const request = (more: object = {}) => ({
  inputs: [{ name: 'x', datatype: 'FP32', shape: [2], data: [1, 2] }],
  ...more,
});
const HANG = request({ parameters: { fault: 'hang' } });
const inferText = (model: string, body: object) =>
  requestText(`POST /v2/models/${model}/infer`, {}, JSON.stringify(body));

let server: AppServer;
afterEach(() => server[Symbol.asyncDispose]());

/** Resolves once so many requests are at the instances of a model, or wait in its queue. */
async function holds(place: 'executingRequests' | 'queuedRequests', model: string, count: number): Promise<void> {
  const gauges = () => server.app.engine.gauges().find(({ ref }) => ref.name === model);
  await until(`${place} of ${model} are ${count}`, () => gauges()?.[place] === count);
}

describe('while a model is busy', () => {
  it('a request over the limit of its queue is refused at once, and those before it are not', async () => {
    server = await startAppServer(MODELS, settings);
    const hanging = server.infer('hanging', HANG);
    await holds('executingRequests', 'hanging', 1);
    const waiting = server.infer('hanging', request());
    await holds('queuedRequests', 'hanging', 1);
    expect(await server.infer('hanging', request())).toEqual({
      status: 503,
      body: { error: "the queue of model 'hanging/1' is full: 1 requests are waiting; try again later" },
      retryAfter: '1',
    });
    expect((await hanging).status).toBe(503);
    expect((await waiting).body.outputs[0].data).toEqual([1, 2]);
  });

  it('a request over the bytes in flight is refused at once', async () => {
    server = await startAppServer(MODELS, { engine: { prefetchBelowMs: 0, maxInFlightBytes: 12 } });
    const hanging = server.infer('hanging', HANG);
    await holds('executingRequests', 'hanging', 1);
    expect(await server.infer('slow', request())).toEqual({
      status: 503,
      body: {
        error: 'the server has too much data in flight for 8 more bytes: 8 of 12 bytes are taken; try again later',
      },
      retryAfter: '1',
    });
    expect((await hanging).status).toBe(503);
    expect((await server.infer('slow', request())).status).toBe(200);
  });

  it.each([
    ["the model's queue allows", {}, 50],
    ['the request itself allows (microseconds)', { parameters: { timeout: 20_000 } }, 20],
  ])('a request that waits longer than %s is refused', async (_who, parameters, waitedMs) => {
    server = await startAppServer(MODELS, settings);
    const first = server.infer('slow', request());
    await holds('executingRequests', 'slow', 1);
    expect(await server.infer('slow', request(parameters))).toEqual({
      status: 503,
      body: {
        error: `the request waited longer than its ${waitedMs} ms in the queue of model 'slow/1'; try again later`,
      },
      retryAfter: '1',
    });
    expect((await first).status).toBe(200);
  });

  it.each([
    ['waits', true],
    ['runs', false],
  ])('a request whose deadline passes while it %s is answered with 504', async (_how, behindAnother) => {
    server = await startAppServer(MODELS, settings);
    if (behindAnother) {
      void server.infer('hanging', HANG);
      await holds('executingRequests', 'hanging', 1);
    }
    expect(await server.infer('hanging', HANG, { 'x-request-timeout-ms': '60' })).toEqual({
      status: 504,
      body: { error: 'the request took longer than its 60 ms' },
      retryAfter: undefined,
    });
  });
});

describe('a model that is not there', () => {
  const WARMING = echo(
    'echo: { delayMs: 100 }',
    'warmup: [{ name: zeros, inputs: { x: { shape: [1], data: zero } } }]',
  );

  it('yet is 503 until its first load is over', async () => {
    server = await startAppServer({ 'm/model.yaml': WARMING, 'm/1/': '' }, {}, { start: false });
    const refused = (error: string) => ({ status: 503, body: { error }, retryAfter: '1' });
    expect(await server.infer('m', request())).toEqual(
      refused("model 'm' is not loaded yet: the server is starting; try again"),
    );
    const warming = new Promise<void>((resolve) => {
      server.app.events.subscribe('modelStateChanged', ({ state }) => state.kind === 'warming' && resolve());
    });
    const started = server.app.start();
    await warming;
    expect(await server.infer('m', request())).toEqual(refused("model 'm' is still loading; try again"));
    await started;
    expect((await server.infer('m', request())).status).toBe(200);
  });

  it('any more is 404 while it unloads and after, and what it has accepted is answered', async () => {
    server = await startAppServer(MODELS, { repository: { controlMode: 'explicit', loadModels: ['slow'] } });
    const accepted = server.infer('slow', request());
    await holds('executingRequests', 'slow', 1);
    expect((await server.send('POST /v2/repository/models/slow/unload')).status).toBe(200);
    const gone = {
      status: 404,
      body: { error: "Request for unknown model: 'slow' has no available versions" },
      retryAfter: undefined,
    };
    expect(await server.infer('slow', request())).toEqual(gone);
    expect(await server.index()).toEqual(['slow/1: UNLOADING']);
    expect((await accepted).body.outputs[0].data).toEqual([1, 2]);
    await until('slow is unloaded', async () => (await server.index())[0] === 'slow/1: UNAVAILABLE: unloaded');
    expect(await server.infer('slow', request())).toEqual(gone);
  });
});

describe('a server that drains', () => {
  it('refuses new inferences with 503 and the end of the connection, and answers accepted ones', async () => {
    server = await startAppServer(MODELS, { server: { gracePeriodMs: 10_000 } });
    const [first, second] = [await RawClient.connect(server.port), await RawClient.connect(server.port)];
    first.send(inferText('slow', request()));
    await holds('executingRequests', 'slow', 1);
    const closed = server.app.close();
    second.send(inferText('slow', request()));
    const refused = await second.response();
    expect(refused.headers).toMatchObject({ connection: 'close', 'x-millrace-not-run': 'true' });
    expect(jsonOf(refused)).toMatchObject({ status: 503, body: { error: 'the server is shutting down' } });
    expect((await first.response()).status).toBe(200);
    await closed;
  });
});
