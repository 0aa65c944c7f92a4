import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { post } from '../fuzz/make-http.js';
import { encodeDraft, makeDraft, makeGarbage } from '../fuzz/mutate.js';
import { FakeClock } from '../support/fake-clock.js';
import { closeGrpcServers, GrpcClient } from '../support/grpc-server.js';
import { closeTestServers, startTestServer, type TestServer } from '../support/http-server.js';
import { PREFACE } from '../support/http2-frames.js';
import { chooseSeed, Random } from '../support/random.js';
import { RawClient, requestText } from '../support/raw-client.js';
import { until } from '../support/until.js';

afterEach(async () => {
  await closeGrpcServers();
  await closeTestServers();
});

const TLS = path.resolve(import.meta.dirname, '../fixtures/tls');
const TLS_FILES = { certFile: path.join(TLS, 'first.crt'), keyFile: path.join(TLS, 'first.key') };
const LIVE = requestText('GET /v2/health/live');
const INFER = post('/v2/models/m/infer', { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] }] });
const HEADERS_TIMEOUT_MS = 10_000;

/** What each leaves behind on a connection that stays open. */
const UNFINISHED = [
  '',
  'GET /v2/health/live HTTP/1.1\r\nHost:',
  requestText('POST /v2/models/m/infer').slice(0, -2),
  requestText('POST /v2/models/m/infer', { 'content-length': '100' }),
  requestText('POST /v2/models/m/infer', { 'transfer-encoding': 'chunked' }),
  requestText('POST /nowhere', { 'content-length': '100', expect: 'more' }),
  PREFACE,
  PREFACE.slice(0, 10),
  `${PREFACE}\xff\xff\xff\xff\xff\xff\xff\xff\xff`,
];

function garbage(random: Random): Uint8Array {
  const draft = () => encodeDraft(makeDraft(INFER, random), random);
  const bytes = makeGarbage([draft(), draft()], random);
  return bytes.subarray(0, random.integer(0, bytes.length));
}

/** Closes a server whose clock stands still. */
async function closeBy(clock: FakeClock, server: TestServer['server']): Promise<void> {
  let isClosed = false;
  void server.close(0).then(() => {
    isClosed = true;
  });
  await until('the server is closed', async () => {
    await clock.advance(100);
    return isClosed;
  });
}

describe('a health probe with a connection of its own', () => {
  // The clock stands still: a probe that nothing but a timer wakes up is never answered.
  it.each([
    ['the fast path', { fastPath: true }, false],
    ['node:http', { fastPath: false }, false],
    ['TLS', { tls: TLS_FILES }, true],
  ])('is answered whatever other connections leave unfinished, by no timer (%s)', async (_name, options, tls) => {
    const seed = chooseSeed();
    const random = new Random(seed);
    const clock = new FakeClock();
    const { port, addresses, server } = await startTestServer({ clock, options: { ...options, grpcPort: 0 } });
    const grpcPort = addresses.grpc?.port ?? 0;
    const others: RawClient[] = [];
    for (let round = 0; round < 10; round++) {
      for (const bytes of [...UNFINISHED.map((text) => Buffer.from(text, 'latin1')), garbage(random)]) {
        for (const place of [port, grpcPort]) {
          const client = await RawClient.connect(place, { tls: tls && place === port });
          client.send(bytes);
          others.push(client);
        }
      }
      for (const parts of [[LIVE], [LIVE.slice(0, 20), LIVE.slice(20)]]) {
        const probe = await RawClient.connect(port, { tls });
        for (const part of parts) {
          probe.send(part);
          await new Promise(setImmediate);
        }
        expect({ seed, status: (await probe.response()).status }).toEqual({ seed, status: 200 });
        probe.socket.destroy();
      }
    }
    if (!tls) {
      const probe = new GrpcClient(`127.0.0.1:${grpcPort}`);
      const outcome = await probe.unary(Buffer.alloc(0), { path: '/grpc.health.v1.Health/Check' });
      expect({ seed, code: outcome.status.code }).toEqual({ seed, code: 0 });
    }
    for (const client of others) client.socket.destroy();
    await Promise.all(others.map(({ closed }) => closed));
    await closeBy(clock, server);
  });
});

describe('a probe that waits for `headersTimeoutMs`', () => {
  it.each([
    ['a connection of HTTP that has sent nothing', '', 'http'],
    ['a gRPC connection whose preface is cut short', PREFACE.slice(0, 10), 'grpc'],
  ] as const)('is on %s: it ends then, to the millisecond', async (_name, text, kind) => {
    const clock = new FakeClock();
    const options = { grpcPort: 0, headersTimeoutMs: HEADERS_TIMEOUT_MS };
    const { port, addresses, server } = await startTestServer({ clock, options });
    const client = await RawClient.connect(kind === 'http' ? port : (addresses.grpc?.port ?? 0));
    client.send(text);
    await until('the server waits', () => clock.pendingTimers > 0);
    await clock.advance(HEADERS_TIMEOUT_MS - 1);
    await new Promise(setImmediate);
    expect(client.socket.readyState).toBe('open');
    await clock.advance(1);
    if (kind === 'http') expect((await client.response()).status).toBe(408);
    // An answer is followed by a moment for the client to read it.
    await clock.advance(1_000);
    await client.closed;
    await closeBy(clock, server);
  });
});
