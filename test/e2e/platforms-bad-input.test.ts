import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { BAD_BODIES, faultyBody, MAX_INPUT_BYTES, PLATFORM_MODELS } from '../support/platform-cases.js';
import { until } from '../support/until.js';

const ROW = '{"instances":[[1,2]]}';

/** How the protocols of the platforms differ: where a model is run, and how an error looks, as its status and text. */
const PLATFORMS = [
  {
    name: 'sagemaker',
    route: '/invocations',
    wrap: (status: number, message: unknown) => ({ status, body: { Message: message } }),
  },
  {
    name: 'vertex',
    route: '/predict',
    wrap: (status: number, message: unknown) => ({
      status,
      body: { error: { code: status, message, status: expect.stringMatching(/^[A-Z_]+$/) } },
    }),
  },
] as const;

describe.each(PLATFORMS)('a request of $name', ({ name, route, wrap }) => {
  let server: AppServer;
  beforeAll(async () => {
    server = await startAppServer(PLATFORM_MODELS, {
      [name]: { enabled: true, model: 'echo' },
      server: { maxInputBytes: MAX_INPUT_BYTES },
      telemetry: { logLevel: 'silent' },
    });
  });
  afterAll(() => server[Symbol.asyncDispose]());

  const post = async (body: string | Uint8Array, headers: Readonly<Record<string, string>>) => {
    const untyped = headers['content-type'] === undefined ? { 'content-type': '' } : {};
    const response = await fetch(`http://127.0.0.1:${server.port}${route}`, {
      method: 'POST',
      body: Buffer.from(body),
      headers: { ...untyped, ...headers },
    });
    return { status: response.status, body: (await response.json()) as unknown };
  };

  it.each(BAD_BODIES)('with %s is refused', async (_what, body, headers, status, message) => {
    expect(await post(body, headers)).toEqual(wrap(status, expect.stringContaining(message)));
    expect((await post(ROW, { 'content-type': 'application/json' })).status).toBe(200);
  });

  it('by another method is refused', async () => {
    const { status, headers } = await server.send(`GET ${route}`);
    expect([status, headers.allow]).toEqual([405, 'POST']);
  });
});

describe.each(PLATFORMS)('while a model of $name is busy', ({ name, route, wrap }) => {
  const start = () =>
    startAppServer(PLATFORM_MODELS, {
      [name]: { enabled: true, model: 'faulty' },
      engine: { prefetchBelowMs: 0 },
      telemetry: { logLevel: 'silent' },
    });
  const ask = async (server: AppServer, body: string, headers: Readonly<Record<string, string>> = {}) => {
    const {
      status,
      headers: said,
      body: text,
    } = await server.send(`POST ${route}`, body, {
      'content-type': 'application/json',
      ...headers,
    });
    return { status, retryAfter: said['retry-after'], body: JSON.parse(text.toString()) as unknown };
  };
  const holds = (server: AppServer, place: 'executingRequests' | 'queuedRequests') =>
    until(`1 of ${place}`, () => server.app.engine.gauges().find(({ ref }) => ref.name === 'faulty')?.[place] === 1);

  it('requests over the limit of its queue are told to come again, and those that took too long that they did', async () => {
    await using server = await start();
    const hanging = ask(server, faultyBody('hang'));
    await holds(server, 'executingRequests');
    const waiting = ask(server, ROW);
    await holds(server, 'queuedRequests');
    const full = "the queue of model 'faulty/1' is full: 1 requests are waiting; try again later";
    expect(await ask(server, ROW)).toEqual({ ...wrap(429, full), retryAfter: '1' });
    expect(await hanging).toMatchObject(wrap(503, expect.stringContaining('ran longer than 1500 ms')));
    expect((await waiting).status).toBe(200);
    expect(await ask(server, faultyBody('hang'), { 'x-request-timeout-ms': '60' })).toMatchObject(
      wrap(504, 'the request took longer than its 60 ms'),
    );
  });

  it('a model that fails or dies is answered with the reason, and serves on', async () => {
    await using server = await start();
    expect(await ask(server, faultyBody('raiseItem'))).toMatchObject(wrap(500, "echo: fault 'raiseItem'"));
    expect(await ask(server, faultyBody('exit'))).toMatchObject(
      wrap(503, expect.stringContaining('is gone: exited with code 3')),
    );
    expect((await ask(server, ROW)).status).toBe(200);
  });

  it('nothing is run before models are loaded', async () => {
    await using server = await startAppServer(
      PLATFORM_MODELS,
      { [name]: { enabled: true, model: 'faulty' } },
      { start: false },
    );
    expect(await ask(server, ROW)).toEqual({
      ...wrap(503, "model 'faulty' is not loaded yet: the server is starting; try again"),
      retryAfter: '1',
    });
  });
});
