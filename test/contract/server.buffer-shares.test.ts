import { gzipSync } from 'node:zlib';
import { status } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import { MillraceError, type Principal } from '../../src/core/index.js';
import { FakeClock } from '../support/fake-clock.js';
import {
  answerOf,
  closeGrpcServers,
  ECHO,
  framed,
  GrpcClient,
  RawGrpc,
  startGrpcServer,
  unary,
} from '../support/grpc-server.js';
import { closeTestServers, startTestServer } from '../support/http-server.js';
import { principalWith } from '../support/principals.js';
import { RawClient, requestText } from '../support/raw-client.js';
import { createSettlements, MAX_BYTES } from '../support/settlement-fixture.js';
import { until } from '../support/until.js';

afterEach(async () => {
  await closeGrpcServers();
  await closeTestServers();
});

const PATH = 'POST /v2/models/m/infer';
const JSON_TEXT = '{"inputs":[{"name":"x","datatype":"FP32","shape":[1,4],"data":[1,2,3,4]}]}';
const CHUNKED = { 'content-length': undefined, 'transfer-encoding': 'chunked' };
const PRINCIPALS = new Map<string | undefined, Principal>(
  ['alice', 'bob'].map((name) => [`Bearer ${name}`, principalWith(name, 'caller')]),
);
const [ALICE, BOB] = [...PRINCIPALS.values()] as [Principal, Principal];

function authenticate(authorization: string | undefined): Principal {
  const principal = PRINCIPALS.get(authorization);
  if (principal === undefined) throw new MillraceError('unauthenticated', 'this server needs a key');
  return principal;
}

const KEYED = { authenticate, requiresKey: true };
const as = (name: string) => ({ authorization: `Bearer ${name}` });
const HELD =
  'this caller already holds 500000 bytes of requests and answers, half of what the server may hold; try again later';

/** A request whose body of so many bytes is still to come. */
async function begin(port: number, name: string, more: Readonly<Record<string, string | undefined>>) {
  const headers = Object.entries({ ...as(name), ...more }).filter((entry): entry is [string, string] => !!entry[1]);
  const client = await RawClient.connect(port);
  client.send(requestText(PATH, Object.fromEntries(headers)));
  return client;
}

async function ask(port: number, name: string, sizeBytes: number) {
  const client = await begin(port, name, { 'content-length': String(sizeBytes) });
  client.send(JSON_TEXT.padEnd(sizeBytes));
  const { status: code, body } = await client.response();
  client.socket.destroy();
  return { status: code, error: JSON.parse(body.toString()).error };
}

describe.each([true, false])('unfinished bodies (fast path: %s)', (fastPath) => {
  it('of one key leave room for requests of others, and count from their heads', async () => {
    const options = { fastPath, maxBufferedBytes: 1_000_000 };
    const { port } = await startTestServer({ options, dependencies: KEYED });
    const clients = await Promise.all(
      Array.from({ length: 24 }, () => begin(port, 'alice', { 'content-length': '80000', expect: '100-continue' })),
    );
    const answers = await Promise.all(clients.map(async (client) => (await client.response()).status));
    expect(answers.filter((code) => code === 100)).toHaveLength(6);
    expect(answers.filter((code) => code === 503)).toHaveLength(18);
    // All but its last byte.
    for (const client of clients) client.send(JSON_TEXT.padEnd(79_999));
    expect(await ask(port, 'alice', 30_000)).toEqual({ status: 503, error: HELD });
    expect(await ask(port, 'bob', 30_000)).toMatchObject({ status: 200 });
    const admitted = clients.filter((_client, index) => answers[index] === 100);
    for (const client of admitted) client.send(' ');
    for (const client of admitted) expect((await client.response()).status).toBe(200);
    expect(await ask(port, 'alice', 30_000)).toMatchObject({ status: 200 });
  });

  it('without a length count as they grow', async () => {
    const options = { fastPath, maxBufferedBytes: 1_000_000, maxInputBytes: 450_000 };
    const { port } = await startTestServer({ options, dependencies: KEYED });
    const first = await begin(port, 'alice', CHUNKED);
    first.send(`${(400_000).toString(16)}\r\n`, JSON_TEXT.padEnd(400_000));
    const second = await begin(port, 'alice', CHUNKED);
    second.send(`${(400_000).toString(16)}\r\n`, JSON_TEXT.padEnd(400_000));
    // Whichever needs the bytes that are not left.
    const refused = await Promise.race([first.response(), second.response()]);
    expect([refused.status, JSON.parse(refused.body.toString())]).toEqual([503, { error: HELD }]);
    expect(await ask(port, 'bob', 400_000)).toMatchObject({ status: 200 });
    for (const client of [first, second]) client.socket.destroy();
  });

  it('of one key that leaves release what they were to have', async () => {
    const options = { fastPath, maxBufferedBytes: 1_000_000 };
    const { port, finishedWith } = await startTestServer({ options, dependencies: KEYED });
    const client = await begin(port, 'alice', { 'content-length': '450000', expect: '100-continue' });
    expect((await client.response()).status).toBe(100);
    client.socket.destroy();
    await finishedWith(() => true);
    expect(await ask(port, 'alice', 450_000)).toMatchObject({ status: 200 });
  });

  it('larger than what one caller may hold are refused as too large', async () => {
    const options = { fastPath, maxBufferedBytes: 1_000_000 };
    const { port } = await startTestServer({ options, dependencies: KEYED });
    const client = await begin(port, 'alice', { 'content-length': '500001' });
    expect(await client.response()).toMatchObject({ status: 413 });
    client.socket.destroy();
    const packed = gzipSync(Buffer.alloc(500_001));
    const bomb = await begin(port, 'alice', { 'content-length': String(packed.length), 'content-encoding': 'gzip' });
    bomb.send(packed);
    expect(await bomb.response()).toMatchObject({ status: 413 });
    bomb.socket.destroy();
  });

  it('of callers without keys may hold all of it', async () => {
    const options = { fastPath, maxBufferedBytes: 1_000_000 };
    const { port } = await startTestServer({ options });
    expect(await ask(port, 'alice', 900_000)).toMatchObject({ status: 200 });
  });
});

it('bodies that arrive before their callers are known take at most a quarter of the bytes', async () => {
  const clock = new FakeClock();
  const options = { maxBufferedBytes: 1_000_000 };
  const { port, server } = await startTestServer({ clock, options, dependencies: KEYED });
  const strangers = [await begin(port, 'mallory', { 'content-length': '200000' })];
  strangers.push(await begin(port, 'mallory', { 'content-length': '200000' }));
  for (const client of strangers) client.send(' '.repeat(199_999));
  // The clock stands still: only a request without room goes on and is asked for its key.
  expect((await Promise.race(strangers.map((client) => client.response()))).status).toBe(401);
  for (const client of strangers) client.socket.destroy();
  let isClosed = false;
  void server.close(0).then(() => {
    isClosed = true;
  });
  await until('the server is closed', async () => {
    await clock.advance(100);
    return isClosed;
  });
});

describe('unfinished gRPC messages', () => {
  it('of one key leave room for calls of others, and count from their prefix', async () => {
    const server = await startGrpcServer({ authenticate, methods: [ECHO], options: { maxBufferedBytes: 1_000_000 } });
    const raw = new RawGrpc(server.port);
    const streams = Array.from({ length: 3 }, () => raw.open(as('alice')));
    const answers = streams.map(answerOf);
    for (const stream of streams) stream.write(framed(Buffer.alloc(200_000)).subarray(0, 1_000));
    const refused = await Promise.race(answers);
    expect([refused.headers['grpc-status'], decodeURIComponent(String(refused.headers['grpc-message']))]).toEqual([
      String(status.UNAVAILABLE),
      HELD,
    ]);
    const client = new GrpcClient(server.target);
    expect((await client.unary(Buffer.alloc(30_000), { metadata: as('bob') })).error).toBeNull();
    const large = await client.unary(Buffer.alloc(500_001), { metadata: as('alice') });
    expect([large.status.code, large.status.details]).toEqual([
      status.RESOURCE_EXHAUSTED,
      'the message is too large: expected at most 500000 bytes, got 500001',
    ]);
    for (const stream of streams) stream.close();
    await until('the bytes are released', () => server.budget.usedBytes === 0);
    expect((await client.unary(Buffer.alloc(240_000), { metadata: as('alice') })).error).toBeNull();
  });
});

it('a gRPC call that a quota refuses is refused before its message comes', async () => {
  const refusal = new MillraceError('quota_exceeded', 'too many at the same time', { retryAfterMs: 1_000 });
  const admit = () => {
    throw refusal;
  };
  const server = await startGrpcServer({ methods: [unary((_call, message) => [message], { inference: true })], admit });
  const { headers } = await answerOf(new RawGrpc(server.port).open());
  expect(headers).toMatchObject({ 'grpc-status': String(status.RESOURCE_EXHAUSTED), 'grpc-retry-pushback-ms': '1000' });
});

describe('the share of a caller', () => {
  it('counts a body that came before its caller was known as that caller’s', () => {
    const settlements = createSettlements({ shares: true });
    const early = settlements.open({}, BOB);
    early.settlement.reserve(300);
    early.receive(300);
    early.settlement.begin(ALICE, 1_000);
    const later = settlements.open({}, ALICE);
    expect(() => later.settlement.reserve(MAX_BYTES / 2 - 299)).toThrow('this caller already holds 500 bytes');
    settlements.open({}, BOB).settlement.reserve(MAX_BYTES / 2);
    early.leave();
    later.settlement.reserve(MAX_BYTES / 2);
  });

  it('counts answers that nobody reads, too', () => {
    const settlements = createSettlements({ shares: true });
    settlements.open({}, ALICE).answer(400);
    const refusal = settlements.open({}, ALICE).settlement.holdAnswer(101);
    expect(refusal?.message).toBe(
      'this caller already holds 500 bytes of requests and answers, half of what the server may hold, and there is no room for this answer',
    );
    expect(settlements.open({}, BOB).settlement.holdAnswer(101)).toBeUndefined();
  });
});

describe('a body that arrives too slowly', () => {
  const SLOW = { minReceiveBytesPerSecond: 1_000, receiveGraceMs: 2_000, headersTimeoutMs: 60_000 };
  const MESSAGE = 'the body arrived too slowly: expected at least 1000 bytes per second, got fewer for 2000 ms';

  it.each([true, false])(
    'is ended with 408 and its connection, and that is logged (fast path: %s)',
    async (fastPath) => {
      const clock = new FakeClock();
      const { port, finishedWith } = await startTestServer({ clock, options: { ...SLOW, fastPath } });
      const client = await RawClient.connect(port);
      client.send(requestText(PATH, { 'content-length': '5000', expect: '100-continue' }));
      expect((await client.response()).status).toBe(100);
      client.send(JSON_TEXT.padEnd(4_999));
      await until('the server has it', async () => {
        await clock.advance(100);
        return client.pending !== '';
      });
      const { status: code, headers, body } = await client.response();
      expect([code, headers.connection, JSON.parse(body.toString())]).toEqual([408, 'close', { error: MESSAGE }]);
      expect(await finishedWith(() => true)).toMatchObject({ status: 408, error: { message: MESSAGE } });
      await client.closed;
    },
  );

  it('is ended with DEADLINE_EXCEEDED over gRPC', async () => {
    const clock = new FakeClock();
    const server = await startGrpcServer({ clock, options: SLOW });
    const stream = new RawGrpc(server.port).open();
    const answer = answerOf(stream);
    stream.write(framed(Buffer.alloc(1_000)).subarray(0, 100));
    let isAnswered = false;
    void answer.then(() => {
      isAnswered = true;
    });
    await until('it has ended', async () => {
      await clock.advance(100);
      return isAnswered;
    });
    const { headers } = await answer;
    expect([headers['grpc-status'], decodeURIComponent(String(headers['grpc-message']))]).toEqual([
      String(status.DEADLINE_EXCEEDED),
      MESSAGE,
    ]);
  });
});
