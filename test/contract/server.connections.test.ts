import { once } from 'node:events';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Service } from '../../src/service/index.js';
import { FakeClock } from '../support/fake-clock.js';
import { createFakeService } from '../support/fake-service.js';
import { createHeldService, inferText } from '../support/held-service.js';
import { closeTestServers, startTestServer } from '../support/http-server.js';
import { RawClient, type RawResponse, requestText } from '../support/raw-client.js';
import { withCases } from '../support/service-of.js';
import { until } from '../support/until.js';

afterEach(closeTestServers);

const TLS = path.resolve(import.meta.dirname, '../fixtures/tls');
const TLS_FILES = { certFile: path.join(TLS, 'first.crt'), keyFile: path.join(TLS, 'first.key') };
const PATH = 'POST /v2/models/m/infer';
const LIVE = requestText('GET /v2/health/live');

const BINARY = requestText(
  PATH,
  {},
  JSON.stringify({
    inputs: [{ name: 'x', datatype: 'FP32', shape: [1], data: [1] }],
    parameters: { binary_data_output: true },
  }),
);

/** A service whose answers are of so many bytes. */
function createLargeService(sizeBytes: number): Service {
  const service = createFakeService();
  const data = new Uint8Array(sizeBytes);
  return withCases(service, {
    infer: async (call, resolved, request) => {
      const result = await service.inference.infer(call, resolved, request);
      if (result.kind !== 'one') return result;
      const outputs = [{ name: 'y', datatype: 'UINT8' as const, shape: [data.length], data }];
      return { kind: 'one', timing: result.timing, response: { ...result.response, outputs } };
    },
  });
}

describe('a client', () => {
  it('that pipelines gets its answers in order, whichever is ready first', async () => {
    const { service, arrived, release } = createHeldService();
    const { port } = await startTestServer({ service });
    const client = await RawClient.connect(port);
    client.send(inferText('a') + inferText('b') + LIVE);
    await arrived(2);
    release('b');
    release('a');
    expect(JSON.parse((await client.response()).body.toString()).id).toBe('a');
    expect(JSON.parse((await client.response()).body.toString()).id).toBe('b');
    expect((await client.response()).status).toBe(200);
  });

  it('that leaves has its calls cancelled, the pipelined ones too, and is logged as 499', async () => {
    const { service, arrived } = createHeldService();
    const { port, finished, finishedWith } = await startTestServer({ service });
    const client = await RawClient.connect(port);
    client.send(inferText('a') + inferText('b'));
    await arrived(2);
    client.socket.destroy();
    await finishedWith(() => finished.length === 2);
    expect(finished).toMatchObject([
      { status: 499, route: '/v2/models/{model}/infer', error: { code: 'cancelled' } },
      { status: 499, error: { message: 'the client closed the connection before it had its answer' } },
    ]);
    expect(finished.map(({ call }) => call.cancelled?.code)).toEqual(['cancelled', 'cancelled']);
  });

  it('that leaves has what it sent behind its request neither executed nor kept open', async () => {
    const { service, arrived } = createHeldService();
    const { port, server, finished } = await startTestServer({ service });
    const client = await RawClient.connect(port);
    client.send(inferText('a') + LIVE + LIVE);
    await arrived(1);
    client.socket.resetAndDestroy();
    await server.close(60_000);
    expect(finished.map(({ status }) => status)).not.toContain(200);
  });

  it.each([
    ['plain', {}, 'HTTP/1.1', ['a', 'b']],
    ['over TLS', { tls: TLS_FILES }, 'HTTP/1.1', ['a', 'b']],
    ['of HTTP/1.0', {}, 'HTTP/1.0', ['a']],
  ])('that closes its side behind its requests still gets its answers (%s)', async (_what, options, version, ids) => {
    const { service, arrived, release } = createHeldService();
    const { port, finished } = await startTestServer({ service, options });
    const client = await RawClient.connect(port, { tls: 'tls' in options });
    for (const id of ids) client.send(inferText(id).replace('HTTP/1.1', version));
    client.socket.end();
    await arrived(ids.length);
    // It is asked whether it is still there, as far as its HTTP knows such a question.
    if (version === 'HTTP/1.1') expect((await client.response()).status).toBe(100);
    for (const id of ids) release(id);
    const answers: RawResponse[] = [];
    while (answers.length < ids.length) {
      const answer = await client.response();
      if (answer.status !== 100) answers.push(answer);
    }
    expect(answers.map(({ body }) => JSON.parse(body.toString()).id)).toEqual(ids);
    expect(answers.at(-1)?.headers.connection).toBe('close');
    await client.closed;
    expect(finished.map(({ status }) => status)).toEqual(ids.map(() => 200));
  });

  it.each([true, false])(
    'that sends garbage behind a request gets its answer and is told then (fast path: %s)',
    async (fastPath) => {
      const { service, arrived, release } = createHeldService();
      const { port } = await startTestServer({ service, options: { fastPath } });
      const client = await RawClient.connect(port);
      client.send(`${inferText('a')}\u0000\u0001 nonsense\r\n\r\n`);
      await arrived(1);
      // The parser goes on to the garbage only when what the request has set off is done.
      await new Promise(setImmediate);
      release('a');
      expect(await client.response()).toMatchObject({ status: 200, headers: { connection: 'keep-alive' } });
      const { status, headers, body } = await client.response();
      expect({ status, connection: headers.connection }).toEqual({ status: 400, connection: 'close' });
      expect(JSON.parse(body.toString())).toEqual({
        error: 'not a valid HTTP/1.1 request: Invalid method encountered',
      });
      await client.closed;
    },
  );

  it.each([
    ['refused before its body was read', { 'content-encoding': 'zstd' }, 415],
    ['still to be read', {}, 400],
  ])(
    'that stops in the middle of a pipelined request which is %s gets both answers, and the connection ends',
    async (_what, headers, status) => {
      const { service, arrived, release } = createHeldService();
      const { port } = await startTestServer({ service });
      const client = await RawClient.connect(port);
      client.send(inferText('a'), requestText(PATH, { ...headers, 'content-length': '100' }, '{"inputs"'));
      await arrived(1);
      client.socket.end();
      // The server gets to know of the end only when what has come before is handled.
      await new Promise(setImmediate);
      release('a');
      expect((await client.response()).status).toBe(200);
      expect((await client.response()).status).toBe(status);
      await client.closed;
    },
  );

  it('that stops in the middle of a request pipelined behind a chunked one gets both answers, and the connection ends', async () => {
    const { port } = await startTestServer();
    const client = await RawClient.connect(port);
    const chunked = requestText(PATH, { 'transfer-encoding': 'chunked' });
    client.send(`${chunked}2\r\n{}\r\n0\r\n\r\n${requestText(PATH, { 'content-length': '100' }, '{"inputs"')}`);
    client.socket.end();
    expect((await client.response()).status).toBe(400);
    const { status, body } = await client.response();
    expect(status).toBe(400);
    expect(JSON.parse(body.toString())).toEqual({ error: 'the connection ended before the request was complete' });
    await client.closed;
  });

  it('that does not speak HTTP is told so in JSON', async () => {
    const { port, finishedWith } = await startTestServer();
    const client = await RawClient.connect(port);
    client.send('HELO mail.example\r\n\r\n');
    const { status, headers, body } = await client.response();
    expect(status).toBe(400);
    expect(headers).toMatchObject({ 'content-type': 'application/json', connection: 'close' });
    expect(headers['x-request-id']).toMatch(/-1$/);
    expect(JSON.parse(body.toString())).toEqual({ error: 'not a valid HTTP/1.1 request: Invalid method encountered' });
    expect(await finishedWith(() => true)).toMatchObject({ status: 400, method: '', path: '' });
    await client.closed;
  });

  it('that sends too large headers is told so', async () => {
    const { port } = await startTestServer({ options: { maxHeaderBytes: 2_048 } });
    const client = await RawClient.connect(port);
    client.send(requestText('GET /v2/health/live', { 'x-big': 'x'.repeat(3_000) }));
    const { status, body } = await client.response();
    expect(status).toBe(431);
    expect(JSON.parse(body.toString())).toEqual({ error: 'the headers are too large: expected at most 2048 bytes' });
    await client.closed;
  });

  it('that sends half a header and stops is told that it ended too early', async () => {
    const { port } = await startTestServer();
    const client = await RawClient.connect(port);
    client.send('GET /v2/health/live HTTP/1.1\r\nhos');
    client.socket.end();
    const { status, body } = await client.response();
    expect(status).toBe(400);
    expect(JSON.parse(body.toString())).toEqual({ error: 'the connection ended before the request was complete' });
  });

  it('that sends its headers too slowly is cut off with 408', async () => {
    const { port } = await startTestServer({ options: { headersTimeoutMs: 60 } });
    const client = await RawClient.connect(port);
    client.send('GET /v2/health/live HTTP/1.1\r\nhost: local');
    const { status, body } = await client.response();
    expect(status).toBe(408);
    expect(JSON.parse(body.toString())).toEqual({ error: 'the request did not arrive in time' });
    await client.closed;
  });

  it('that sends its body too slowly is cut off with 408, and its request is logged as that', async () => {
    const { port, finishedWith } = await startTestServer({ options: { headersTimeoutMs: 60, receiveTimeoutMs: 60 } });
    const client = await RawClient.connect(port);
    client.send(requestText(PATH, { 'content-length': '1000' }), '{');
    expect((await client.response()).status).toBe(408);
    expect(await finishedWith(() => true)).toMatchObject({ status: 408, route: '/v2/models/{model}/infer' });
    await client.closed;
  });

  it('that sends its body more slowly than its own deadline allows is answered with 504 then', async () => {
    const clock = new FakeClock();
    const service = createFakeService();
    const { port, finishedWith } = await startTestServer({ clock, service });
    const client = await RawClient.connect(port);
    const headers = { 'content-length': '1000', 'x-request-timeout-ms': '250', expect: '100-continue' };
    client.send(requestText(PATH, headers));
    expect((await client.response()).status).toBe(100);
    client.send('{');
    await clock.advance(250);
    const { status, body } = await client.response();
    expect(status).toBe(504);
    expect(JSON.parse(body.toString())).toEqual({ error: 'the request took longer than its 250 ms' });
    expect(await finishedWith(() => true)).toMatchObject({ status: 504, route: '/v2/models/{model}/infer' });
    expect(service.calls).toEqual([]);
    client.send(' '.repeat(999), LIVE);
    expect((await client.response()).status).toBe(200);
    expect(clock.pendingTimers).toBe(0);
  });

  it('that does not read its answer is cut off', async () => {
    const service = createLargeService(64_000_000);
    const { port, finishedWith } = await startTestServer({ options: { sendTimeoutMs: 100 }, service });
    const client = await RawClient.connect(port);
    client.socket.pause();
    client.send(BINARY);
    const message = 'the server cut off the client, which took nothing of its answer for 100 ms';
    expect(await finishedWith(() => true)).toMatchObject({ status: 499, error: { code: 'cancelled', message } });
  });

  it('that reads a large answer late gets it, logged as sent only then, and the next one on the same connection', async () => {
    const { port, finished, finishedWith } = await startTestServer({ service: createLargeService(64_000_000) });
    const client = await RawClient.connect(port);
    client.send(BINARY);
    await once(client.socket, 'data');
    client.socket.pause();
    const other = await RawClient.connect(port);
    other.send(LIVE);
    await other.response();
    const sent = () => finished.filter(({ method }) => method === 'POST').map(({ status }) => status);
    expect(sent()).toEqual([]);
    client.socket.removeAllListeners('data').resume();
    await finishedWith(({ method }) => method === 'POST');
    client.send(BINARY);
    await until('the next answer is sent', () => sent().length > 1);
    expect(sent()).toEqual([200, 200]);
  });

  it('that does not read its answer holds no more than the server may hold at a time', async () => {
    const service = createLargeService(64_000_000);
    const options = { maxBufferedBytes: 100_000_000 };
    const { port, finishedWith } = await startTestServer({ options, service });
    const slow = await RawClient.connect(port);
    slow.send(BINARY);
    await once(slow.socket, 'data');
    slow.socket.pause();
    const other = await RawClient.connect(port);
    other.send(BINARY);
    const { status, headers, body } = await other.response();
    expect(status).toBe(503);
    expect(JSON.parse(body.toString())).toEqual({
      error: 'the server already holds 100000000 bytes of requests and answers, and has no room for this answer',
    });
    expect(headers['retry-after']).toBeUndefined();
    slow.socket.destroy();
    await finishedWith((event) => event.status === 499);
    other.send(BINARY);
    await once(other.socket, 'data');
    expect(other.pending).toMatch(/^HTTP\/1.1 200 /);
    other.socket.destroy();
    await other.closed;
  });

  it('that is quiet for too long loses its connection', async () => {
    const { port } = await startTestServer({ options: { keepAliveTimeoutMs: 50 } });
    const client = await RawClient.connect(port);
    client.send(LIVE);
    expect((await client.response()).status).toBe(200);
    await client.closed;
  });
});
