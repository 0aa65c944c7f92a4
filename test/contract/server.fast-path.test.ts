import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { portOf } from '../../src/server/endpoint.js';
import { FakeClock } from '../support/fake-clock.js';
import { createFakeService } from '../support/fake-service.js';
import { createHeldService } from '../support/held-service.js';
import { closeTestServers, createTestServer, startTestServer } from '../support/http-server.js';
import { RawClient, requestText } from '../support/raw-client.js';
import { withCases } from '../support/service-of.js';
import { until } from '../support/until.js';

const TLS = path.resolve(import.meta.dirname, '../fixtures/tls');
const TLS_FILES = { certFile: path.join(TLS, 'first.crt'), keyFile: path.join(TLS, 'first.key') };
const INFER = 'POST /v2/models/m/infer';
const BODY = JSON.stringify({ id: 'a', inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 4], data: [1, 2, 3, 4] }] });
const PLAIN = requestText(INFER, {}, BODY);
const LARGE = requestText(INFER, {}, BODY + ' '.repeat(300_000));
const LIVE = requestText('GET /v2/health/live');

/** What `node:http` has read, as `METHOD /path`. */
const read: string[] = [];
const onRead = (message: unknown) => {
  const { request: req } = message as { readonly request: { readonly method: string; readonly url: string } };
  read.push(`${req.method} ${req.url}`);
};

beforeEach(() => {
  read.length = 0;
  subscribe('http.server.request.start', onRead);
});
afterEach(async () => {
  unsubscribe('http.server.request.start', onRead);
  await closeTestServers();
});

async function statuses(client: RawClient, count: number): Promise<number[]> {
  const found: number[] = [];
  for (let index = 0; index < count; index++) found.push((await client.response()).status);
  return found;
}

describe('the fast path', () => {
  it.each([
    ['plain', {}, false],
    ['over TLS', { tls: TLS_FILES }, true],
  ])('takes plain inference requests, however they are cut (%s)', async (_what, options, tls) => {
    const { port } = await startTestServer({ options });
    const client = await RawClient.connect(port, { tls });
    client.send(PLAIN);
    expect(await statuses(client, 1)).toEqual([200]);
    client.send(PLAIN + PLAIN, PLAIN);
    expect(await statuses(client, 3)).toEqual([200, 200, 200]);
    for (const at of [1, 30, PLAIN.length - 1]) {
      client.send(PLAIN.slice(0, at));
      await new Promise(setImmediate);
      client.send(PLAIN.slice(at));
      expect(await statuses(client, 1)).toEqual([200]);
    }
    client.send(LARGE);
    expect(await statuses(client, 1)).toEqual([200]);
    expect(read).toEqual([]);
  });

  it.each([
    ['of another route', LIVE],
    ['of a route that streams', requestText('POST /v2/models/m/generate_stream', {}, 'no JSON')],
    ['in chunks', `${requestText(INFER, { 'transfer-encoding': 'chunked' })}2\r\n{}\r\n0\r\n\r\n`],
    ['that is too large to wait for', requestText(INFER, {}, ' '.repeat(1_048_577))],
    ['to a path of broken encoding', requestText('POST /v2/models/%zz/infer', {}, BODY)],
  ])('leaves a connection to node:http from the first request on that is %s', async (_what, other) => {
    const { port } = await startTestServer();
    const client = await RawClient.connect(port);
    client.send(PLAIN + other + PLAIN);
    const [first, , last] = await statuses(client, 3);
    expect([first, last]).toEqual([200, 200]);
    expect(read).toEqual([other.slice(0, other.indexOf(' HTTP')), INFER]);
    client.send(PLAIN);
    expect(await statuses(client, 1)).toEqual([200]);
    expect(read).toHaveLength(3);
  });

  it.each([
    ['the head', 40],
    ['the body', PLAIN.length - 10],
  ])('leaves a request to node:http of which %s does not come', async (_what, at) => {
    const { port, finishedWith } = await startTestServer({ options: { receiveTimeoutMs: 400 } });
    const client = await RawClient.connect(port);
    client.send(PLAIN.slice(0, at));
    expect(await statuses(client, 1)).toEqual([408]);
    await client.closed;
    // A client that has closed meanwhile may have ended a second exchange, without a request.
    expect(await finishedWith(({ status }) => status === 408)).toMatchObject({ status: 408 });
  });

  it('does not wait for the body of a request with a time limit of its own', async () => {
    const { port, finishedWith } = await startTestServer({ clock: new FakeClock() });
    const client = await RawClient.connect(port);
    client.send(requestText(INFER, { 'x-request-timeout-ms': '30', 'content-length': '100' }, '{'));
    await until('node:http has the request', () => read.length > 0);
    expect(read).toEqual([INFER]);
    client.socket.destroy();
    await finishedWith(() => true);
  });

  it.each([
    ['comes whole in time', 99, 0],
    ['is left to node:http', 100, 1],
  ])('counts the time of a request from when its head was there, where it %s', async (_what, pauseMs, readByNode) => {
    const clock = new FakeClock();
    const { port, finishedWith } = await startTestServer({ clock });
    const client = await RawClient.connect(port);
    const startedAt = clock.now();
    const timers = clock.pendingTimers;
    client.send(PLAIN.slice(0, -1));
    await until('the request has begun', () => clock.pendingTimers > timers);
    await clock.advance(pauseMs);
    client.send(PLAIN.slice(-1));
    const { call } = await finishedWith(() => true);
    expect(call.timing.receivedAt).toBe(startedAt);
    expect(read).toHaveLength(readByNode);
  });

  it('leaves a body to node:http that there is no room for, in the turn of a large answer, too', async () => {
    const { service, arrived } = createHeldService();
    const { infer } = createFakeService().inference;
    let count = 0;
    const { port } = await startTestServer({
      options: { maxBufferedBytes: 100_000 },
      service: withCases(service, {
        infer: (...args) => (count++ === 0 ? service.inference.infer(...args) : infer(...args)),
      }),
    });
    const [other, client] = [await RawClient.connect(port), await RawClient.connect(port)];
    other.send(requestText(INFER, {}, BODY.padEnd(60_000)));
    await arrived(1);
    const data = Array.from({ length: 5_000 }, () => 1);
    const large = JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1_250, 4], data }] });
    client.send(requestText(INFER, {}, large) + requestText(INFER, {}, BODY.padEnd(60_000)));
    expect(await statuses(client, 2)).toEqual([200, 503]);
    other.socket.destroy();
    client.socket.destroy();
  });

  it('ends a connection that sends nothing at all, with an answer', async () => {
    const { port, finishedWith } = await startTestServer({ options: { headersTimeoutMs: 100 } });
    const client = await RawClient.connect(port);
    expect(await statuses(client, 1)).toEqual([408]);
    await client.closed;
    expect(await finishedWith(() => true)).toMatchObject({ status: 408, method: '', path: '' });
  });

  it('ends a connection that has been idle for too long', async () => {
    const { port } = await startTestServer({ options: { keepAliveTimeoutMs: 100, headersTimeoutMs: 100 } });
    const client = await RawClient.connect(port);
    client.send(PLAIN);
    expect(await statuses(client, 1)).toEqual([200]);
    await client.closed;
    expect(client.pending).toBe('');
  });

  it('may be switched off', async () => {
    const { port } = await startTestServer({ options: { fastPath: false } });
    const client = await RawClient.connect(port);
    client.send(PLAIN);
    expect(await statuses(client, 1)).toEqual([200]);
    expect(read).toEqual([INFER]);
  });

  it("has no part in somebody else's HTTP server", async () => {
    const { server } = createTestServer();
    const other = createServer(server.handler).listen(0, '127.0.0.1');
    await once(other, 'listening');
    const req = request({ port: portOf(other), method: 'POST', path: '/v2/models/m/infer' }).end(BODY);
    const [res] = await once(req, 'response');
    expect(res.statusCode).toBe(200);
    res.resume();
    await once(res, 'end');
    expect(read).toEqual([INFER]);
    other.closeAllConnections();
    other.close();
  });
});
