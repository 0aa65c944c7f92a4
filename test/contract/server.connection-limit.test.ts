import { once } from 'node:events';
import { constants } from 'node:http2';
import { connect, type Socket } from 'node:net';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../support/fake-clock.js';
import { goneAway } from '../support/grpc-calls.js';
import { closeGrpcServers, RawGrpc } from '../support/grpc-server.js';
import { createHeldService, inferText } from '../support/held-service.js';
import { closeTestServers, startTestServer } from '../support/http-server.js';
import { PREFACE, PRIORITY, SETTINGS, WINDOW_UPDATE, writeFrame } from '../support/http2-frames.js';
import { RawClient, requestText } from '../support/raw-client.js';
import { until } from '../support/until.js';

afterEach(async () => {
  await closeGrpcServers();
  await closeTestServers();
});

const TLS = path.resolve(import.meta.dirname, '../fixtures/tls');
const TLS_FILES = { certFile: path.join(TLS, 'first.crt'), keyFile: path.join(TLS, 'first.key') };
const LIVE = requestText('GET /v2/health/live');

/** Whether a client is answered over its connection. */
async function isServed(client: RawClient, text = LIVE): Promise<boolean> {
  client.send(text);
  return client.response().then(
    ({ status }) => status === 200,
    () => false,
  );
}

/** A connection from one of the addresses of loopback. */
async function connectFrom(localAddress: string, port: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, localAddress });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

describe.each([
  ['the fast path', { fastPath: true }],
  ['node:http', { fastPath: false }],
  ['the fast path over TLS', { fastPath: true, tls: TLS_FILES }],
  ['node:http over TLS', { fastPath: false, tls: TLS_FILES }],
])('with as many connections as there may be, by %s,', (_name, options) => {
  const tls = 'tls' in options;

  it('a new one takes the place of the one that has been idle longest, used or not', async () => {
    const settings = { options: { ...options, maxConnections: 3 } };
    const { port, limited, diagnostics } = await startTestServer(settings);
    const [silent, one, other] = [
      await RawClient.connect(port, { tls }),
      await RawClient.connect(port, { tls }),
      await RawClient.connect(port, { tls }),
    ];
    expect([await isServed(other), await isServed(one, inferText('a'))]).toEqual([true, true]);
    expect(await isServed(await RawClient.connect(port, { tls }))).toBe(true);
    await silent.closed;
    expect(await isServed(await RawClient.connect(port, { tls }))).toBe(true);
    await other.closed;
    expect(await isServed(one)).toBe(true);
    expect(limited).toEqual(Array.from({ length: 2 }, () => ({ transport: 'http', outcome: 'evicted' })));
    expect(diagnostics.map(({ level, message }) => [level, message])).toEqual([
      ['warn', 'more than 3 connections: those that have been idle longest are closed'],
    ]);
  });

  it('a new one is refused where all have a request under way or the beginning of one', async () => {
    const { service, arrived, release } = createHeldService();
    const { port, addresses, limited, diagnostics } = await startTestServer({
      service,
      options: { ...options, maxConnections: 3, adminPort: 0 },
    });
    const busy = await RawClient.connect(port, { tls });
    busy.send(inferText('a'));
    await arrived(1);
    const used = await RawClient.connect(port, { tls });
    expect(await isServed(used)).toBe(true);
    const partial = await RawClient.connect(port, { tls });
    for (const client of [used, partial]) client.send(LIVE.slice(0, -2));
    // The server has read what was there before it answers at another port.
    const elsewhere = await RawClient.connect(addresses.admin?.port ?? 0, { tls });
    expect([await isServed(elsewhere), await isServed(elsewhere)]).toEqual([true, true]);
    for (let more = 0; more < 3; more++) {
      const refused = await RawClient.connect(port, { tls }).catch(() => undefined);
      await refused?.closed;
    }
    expect(limited).toEqual(Array.from({ length: 3 }, () => ({ transport: 'http', outcome: 'refused' })));
    expect(diagnostics.map(({ level, message }) => [level, message])).toEqual([
      ['warn', 'more than 3 connections, none of them idle: new ones are dropped'],
    ]);
    release('a');
    expect((await busy.response()).status).toBe(200);
    expect([await isServed(used, '\r\n'), await isServed(partial, '\r\n')]).toEqual([true, true]);
    expect(await isServed(await RawClient.connect(port, { tls }))).toBe(true);
    await busy.closed;
  });

  it('a hundred idle ones make room for new ones, and none of them is counted twice', async () => {
    const { port, limited } = await startTestServer({ options: { ...options, maxConnections: 20 } });
    const idle = Array.from({ length: 100 }, () => RawClient.connect(port, { tls }).catch(() => undefined));
    await Promise.all(idle);
    expect(await isServed(await RawClient.connect(port, { tls }))).toBe(true);
    expect(limited.every(({ outcome }) => outcome === 'evicted')).toBe(true);
    expect(limited.length).toBe(81);
  });
});

it('the network with most idle connections makes room', async () => {
  const { port } = await startTestServer({ options: { maxConnections: 4 } });
  const quiet = await connectFrom('127.0.0.2', port);
  const many = [
    await connectFrom('127.0.0.3', port),
    await connectFrom('127.0.0.3', port),
    await connectFrom('127.0.0.3', port),
  ];
  const newcomer = await RawClient.connect(port);
  await once((many[0] as Socket).resume(), 'close');
  expect(await isServed(newcomer)).toBe(true);
  expect([quiet.destroyed, many[1]?.destroyed, many[2]?.destroyed]).toEqual([false, false, false]);
  for (const socket of [quiet, ...many]) socket.destroy();
});

describe('with as many gRPC connections as there may be', () => {
  it('a new one takes the place of one without calls, which is told so; where each has a call it is refused', async () => {
    const { addresses, limited } = await startTestServer({ options: { grpcPort: 0, maxConnections: 2 } });
    const port = addresses.grpc?.port ?? 0;
    const watch = { ':path': '/grpc.health.v1.Health/Watch' };
    const [idle, busy] = [new RawGrpc(port), new RawGrpc(port)];
    const goaway = goneAway(idle.session);
    const stream = busy.open(watch);
    stream.end(Buffer.alloc(5));
    await once(stream, 'response');
    await idle.arrived([]);
    const next = new RawGrpc(port);
    const other = next.open(watch);
    other.end(Buffer.alloc(5));
    await once(other, 'response');
    expect(await goaway).toBe(constants.NGHTTP2_NO_ERROR);
    const refused = new RawGrpc(port);
    await once(refused.socket, 'close');
    expect(limited).toEqual([
      { transport: 'grpc', outcome: 'evicted' },
      { transport: 'grpc', outcome: 'refused' },
    ]);
  });
});

describe('a gRPC client that floods the server with frames that belong to no call', () => {
  const [, minor = 0] = (process.versions.nghttp2 ?? '').split('.').map(Number);
  /** nghttp2 ends the session itself from this version on (Node 24), before it is seen to flood. */
  const byLibrary = minor >= 65;

  it.each([
    ['PRIORITY', { type: PRIORITY, stream: 1, payload: Buffer.of(0, 0, 0, 0, 16) }, byLibrary],
    ['WINDOW_UPDATE', { type: WINDOW_UPDATE, payload: Buffer.of(0, 0, 0, 1) }, false],
    ['unknown', { type: 0xfe, payload: new Uint8Array(4) }, byLibrary],
  ])('(%s) loses its connection, and that is logged', async (_name, one, isEndedByLibrary) => {
    const clock = new FakeClock();
    const { addresses, limited, diagnostics } = await startTestServer({ clock, options: { grpcPort: 0 } });
    const client = await RawClient.connect(addresses.grpc?.port ?? 0);
    const flood = Buffer.concat(Array<Buffer>(30_000).fill(writeFrame(one)));
    client.send(PREFACE, writeFrame({ type: SETTINGS }), flood);
    await until('the connection is closed', async () => {
      await clock.advance(100);
      return client.socket.destroyed || client.socket.readableEnded;
    });
    expect(limited).toEqual(isEndedByLibrary ? [] : [{ transport: 'grpc', outcome: 'flood' }]);
    if (isEndedByLibrary) return;
    expect(diagnostics.map(({ message }) => message)).toEqual([
      'a gRPC client at 127.0.0.1 floods the server with frames that belong to no call: its connection is closed',
    ]);
  });
});
