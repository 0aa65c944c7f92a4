import { afterEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../support/fake-clock.js';
import { createFakeService } from '../support/fake-service.js';
import { closeTestServers, startTestServer } from '../support/http-server.js';
import { NO_TIMING } from '../support/no-timing.js';
import { RawClient, requestText } from '../support/raw-client.js';
import { withCases } from '../support/service-of.js';

afterEach(closeTestServers);

const REQUEST = { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 4], data: [1, 2, 3, 4] }] };

function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, { method: 'POST', body: JSON.stringify(body), headers });
}

async function answerOf(response: Response): Promise<{ readonly status: number; readonly body: unknown }> {
  return { status: response.status, body: await response.json() };
}

describe('an inference', () => {
  it('is answered with the outputs of the highest version', async () => {
    const { url } = await startTestServer();
    const answer = await answerOf(await post(`${url}/v2/models/m/infer`, REQUEST));
    expect(answer).toEqual({
      status: 200,
      body: {
        model_name: 'm',
        model_version: '3',
        outputs: [{ name: 'y', datatype: 'FP32', shape: [1, 4], data: [1, 2, 3, 4] }],
      },
    });
  });

  it('takes a version with leading zeros, a query and percent-encoding in the path', async () => {
    const { url } = await startTestServer();
    const response = await post(`${url}/v2/models/%6D/versions/01/infer?x=1`, REQUEST);
    expect(await response.json()).toMatchObject({ model_name: 'm', model_version: '1' });
  });

  it.each([
    ['/v2/models/nope/infer', 404, "model 'nope' is not found"],
    ['/v2/models/m/versions/2/infer', 404, "model 'm' has no version 2"],
    ['/v2/models/m/versions/abc/infer', 404, "model 'm' has no version 'abc': versions are positive integers"],
    ['/v2/models/m/versions/-1/infer', 404, "model 'm' has no version '-1': versions are positive integers"],
    ['/v2/models/m/versions//infer', 404, 'no route POST /v2/models/m/versions//infer'],
    ['/v2/models//infer', 404, 'no route POST /v2/models//infer'],
    ['/v2/models/%ff/infer', 400, "model name '%ff': the percent-encoding is broken"],
  ])('to %s is answered with %i', async (path, status, error) => {
    const { port } = await startTestServer();
    const client = await RawClient.connect(port);
    client.send(requestText(`POST ${path}`, {}, JSON.stringify(REQUEST)));
    const response = await client.response();
    expect(response.status).toBe(status);
    expect(JSON.parse(response.body.toString())).toEqual({ error });
  });

  it('carries its id, its stages and its request id in the headers of the answer', async () => {
    const { url } = await startTestServer();
    const response = await post(`${url}/v2/models/m/infer`, { ...REQUEST, id: 'r7' }, { 'x-request-id': 'abc-1' });
    expect(response.headers.get('x-request-id')).toBe('abc-1');
    expect(response.headers.get('server-timing')).toMatch(/^decode;dur=[\d.]+, encode;dur=[\d.]+, total;dur=[\d.]+$/);
    expect(await response.json()).toMatchObject({ id: 'r7' });
  });

  it('gets a request id of the server when its own is no sane one', async () => {
    const { url } = await startTestServer();
    const response = await post(`${url}/v2/models/m/infer`, REQUEST, { 'x-request-id': 'a b'.repeat(200) });
    expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f]{12}-1$/);
  });

  it('has no timing header when they are switched off', async () => {
    const { url } = await startTestServer({ options: { timingHeaders: false } });
    const response = await post(`${url}/v2/models/m/infer`, REQUEST);
    expect(response.headers.get('server-timing')).toBeNull();
  });

  it('hands its deadline, trace and principal to the service', async () => {
    const service = createFakeService();
    const { url } = await startTestServer({ service, options: { requestTimeoutMs: 5_000 } });
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    await post(`${url}/v2/models/m/infer`, REQUEST, { 'x-request-timeout-ms': '4000', traceparent, tracestate: 'v=1' });
    await post(`${url}/v2/models/m/infer`, REQUEST, { 'x-request-timeout-ms': '9999999' });
    const [first, second] = service.calls.map(({ call }) => call);
    expect(first && first.deadlineAt - first.timing.receivedAt).toBeCloseTo(4_000);
    expect(first?.trace).toMatchObject({
      traceId: 'a'.repeat(32),
      parentSpanId: 'b'.repeat(16),
      sampled: true,
      state: 'v=1',
    });
    expect(second && second.deadlineAt - second.timing.receivedAt).toBeCloseTo(5_000);
    expect(second?.trace?.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(second?.principal.name).toBe('anonymous');
  });

  it('with a malformed timeout is refused', async () => {
    const { url } = await startTestServer();
    const answer = await answerOf(await post(`${url}/v2/models/m/infer`, REQUEST, { 'x-request-timeout-ms': '-5' }));
    expect(answer).toEqual({
      status: 400,
      body: { error: "header x-request-timeout-ms: expected milliseconds greater than 0, got '-5'" },
    });
  });

  it('is published once it is answered', async () => {
    const { url, finishedWith } = await startTestServer();
    await post(`${url}/v2/models/m/versions/1/infer?a=b`, REQUEST);
    const event = await finishedWith(() => true);
    expect(event).toMatchObject({
      method: 'POST',
      route: '/v2/models/{model}/versions/{version}/infer',
      path: '/v2/models/m/versions/1/infer',
      status: 200,
      requestBytes: JSON.stringify(REQUEST).length,
      remoteAddress: '127.0.0.1',
      error: undefined,
    });
    expect(event.responseBytes).toBeGreaterThan(50);
  });

  it('that fails in a way nobody foresaw is answered with 500, reported with its stack, and harms nobody', async () => {
    const fault = new TypeError('x is not iterable');
    const service = createFakeService();
    const infer = service.inference.infer.bind(service.inference);
    const { url, diagnostics } = await startTestServer({
      service: withCases(service, {
        infer: (call, resolved, request) =>
          request.id === 'bad' ? Promise.reject(fault) : infer(call, resolved, request),
      }),
    });
    const [bad, good] = await Promise.all([
      post(`${url}/v2/models/m/infer`, { ...REQUEST, id: 'bad' }).then(answerOf),
      post(`${url}/v2/models/m/infer`, REQUEST).then(answerOf),
    ]);
    expect(bad).toEqual({ status: 500, body: { error: 'internal error; the server log has the details' } });
    expect(good.status).toBe(200);
    expect(diagnostics).toMatchObject([
      { level: 'error', room: 'server', message: 'POST /v2/models/m/infer failed unexpectedly', error: fault },
    ]);
  });

  it('whose answer cannot be encoded is answered with 500', async () => {
    const { url, diagnostics } = await startTestServer({
      service: createFakeService({
        infer: () => Promise.resolve({ kind: 'one', timing: NO_TIMING, response: undefined as never }),
      }),
    });
    const answer = await answerOf(await post(`${url}/v2/models/m/infer`, REQUEST));
    expect(answer).toEqual({ status: 500, body: { error: 'internal error; the server log has the details' } });
    expect(diagnostics[0]?.error).toBeInstanceOf(TypeError);
  });
});

describe('the server', () => {
  it.each([
    ['GET', '/v2/nope', 404, undefined, 'no route GET /v2/nope'],
    ['GET', '/v2/', 404, undefined, 'no route GET /v2/'],
    ['DELETE', '/v2/nope?x=1', 404, undefined, 'no route DELETE /v2/nope'],
    ['GET', '/v2/models/m/infer', 405, 'POST', '/v2/models/m/infer does not take GET: expected POST'],
    ['PUT', '/v2/models/m', 405, 'GET, HEAD', '/v2/models/m does not take PUT: expected GET, HEAD'],
    ['PROPFIND', '/v2/logging', 405, 'GET, HEAD, POST', '/v2/logging does not take PROPFIND: expected GET, HEAD, POST'],
    ['OPTIONS', '/v2/health/live', 405, 'GET, HEAD', '/v2/health/live does not take OPTIONS: expected GET, HEAD'],
    ['GET', '/v2/models/%zz', 400, undefined, "'/v2/models/%zz' is not a valid url component"],
  ])('answers %s %s with %i', async (method, path, status, allow, error) => {
    const { port } = await startTestServer();
    const client = await RawClient.connect(port);
    client.send(requestText(`${method} ${path}`));
    const response = await client.response();
    expect(response.status).toBe(status);
    expect(response.headers.allow).toBe(allow);
    expect(JSON.parse(response.body.toString())).toEqual({ error });
    client.send(requestText('GET /v2/health/live'));
    expect((await client.response()).status).toBe(200);
  });

  it('answers HEAD as GET without the body', async () => {
    const { port } = await startTestServer();
    const client = await RawClient.connect(port);
    client.send(requestText('HEAD /v2/models/m', { connection: 'close' }));
    await client.closed;
    expect(client.pending).toMatch(/^HTTP\/1.1 200 OK\r\n/);
    expect(client.pending).toMatch(/\r\n\r\n$/);
  });

  it('tells its health by the status and in JSON: 503 while it is not ready', async () => {
    const service = createFakeService();
    const { port } = await startTestServer({ service });
    const client = await RawClient.connect(port);
    const ask = async (path: string) => {
      client.send(requestText(`GET ${path}`, { accept: '*/*' }));
      const { status, headers, body } = await client.response();
      return [status, headers['content-type'], body.toString()];
    };
    expect(await ask('/v2/health/live')).toEqual([200, 'application/json', '{"live":true}']);
    expect(await ask('/v2/health/ready')).toEqual([200, 'application/json', '{"ready":true}']);
    service.isReady = false;
    expect(await ask('/v2/health/ready')).toEqual([503, 'application/json', '{"ready":false}']);
  });

  it('tells its health by the status alone to clients that name nothing that they accept', async () => {
    const { port } = await startTestServer();
    const client = await RawClient.connect(port);
    for (const path of ['/v2/health/live', '/v2/health/ready', '/v2/models/m/ready']) {
      client.send(requestText(`GET ${path}`));
      const { status, headers, body } = await client.response();
      expect([status, headers['content-type'], body.toString()]).toEqual([200, undefined, '']);
    }
  });

  it('shows the way to who looks for something at its root, or for metrics on the wrong port', async () => {
    const renderMetrics = () => Promise.resolve({ contentType: 'text/plain', body: 'up 1\n' });
    const { port, addresses } = await startTestServer({ options: { metricsPort: 0 }, dependencies: { renderMetrics } });
    const client = await RawClient.connect(port);
    const ask = async (line: string, headers: Readonly<Record<string, string>> = {}) => {
      client.send(requestText(line, headers));
      const { status, headers: answered, body } = await client.response();
      return [status, answered.location ?? JSON.parse(body.toString()).error];
    };
    const browser = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
    expect(await ask('GET /', browser)).toEqual([302, '/docs']);
    expect(await ask('POST /', browser)).toEqual([404, 'no route POST /: the documentation is at /docs']);
    expect(await ask('GET /')).toEqual([404, 'no route GET /: the documentation is at /docs']);
    expect(await ask('GET /metrics', browser)).toEqual([
      ...[404, `no route GET /metrics: metrics are on port ${addresses.metrics?.port}`],
    ]);
  });

  it('knows nothing of metrics where there is no port for them', async () => {
    const { url } = await startTestServer();
    expect(await (await fetch(`${url}/metrics`)).json()).toEqual({ error: 'no route GET /metrics' });
  });

  it.each([
    ['of its own', {}, ''],
    ['that names JSON', { accept: 'application/json' }, '{"ready":true}'],
  ])('tells curl its health with a body only where asked for it: an Accept %s', async (_what, more, expected) => {
    const { port } = await startTestServer();
    const client = await RawClient.connect(port);
    client.send(requestText('GET /v2/health/ready', { 'user-agent': 'curl/8.5.0', accept: '*/*', ...more }));
    const { status, body } = await client.response();
    expect([status, body.toString()]).toEqual([200, expected]);
  });

  it('loads a model for longer than a request may take', async () => {
    const clock = new FakeClock();
    const service = createFakeService();
    let begin = (): void => undefined;
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    let finish = (): void => undefined;
    service.models.loadModel = () => {
      begin();
      return new Promise((resolve) => {
        finish = () => resolve([]);
      });
    };
    const { url } = await startTestServer({ service, clock, options: { requestTimeoutMs: 1_000 } });
    const loading = post(`${url}/v2/repository/models/m/load`, {});
    await begun;
    await clock.advance(60_000);
    finish();
    expect((await loading).status).toBe(200);
  });

  it('refuses HTTP/1.1 without a host, and takes HTTP/1.0 without one', async () => {
    const { port } = await startTestServer();
    const client = await RawClient.connect(port);
    client.send('GET /v2/health/live HTTP/1.1\r\n\r\n');
    const response = await client.response();
    expect(response.status).toBe(400);
    expect(JSON.parse(response.body.toString())).toEqual({ error: 'header host is missing' });
    const old = await RawClient.connect(port);
    old.send('GET /v2/health/live HTTP/1.0\r\n\r\n');
    expect((await old.response()).status).toBe(200);
  });
});
