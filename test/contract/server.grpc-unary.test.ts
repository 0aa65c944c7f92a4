import { once } from 'node:events';
import { createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { type ClientOptions, compressionAlgorithms, status } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import { type Call, MillraceError, systemClock } from '../../src/core/index.js';
import { AccessPolicy, createAuthenticator } from '../../src/governance/index.js';
import {
  closeGrpcServers,
  framed,
  GrpcClient,
  RawGrpc,
  startGrpcServer,
  type TestGrpcSettings,
  unary,
} from '../support/grpc-server.js';
import { Random } from '../support/random.js';

afterEach(closeGrpcServers);

const HELLO = Buffer.from('hello');

/** A client that tries again whatever is UNAVAILABLE, up to five times. */
const RETRYING: ClientOptions = {
  'grpc.service_config': JSON.stringify({
    loadBalancingConfig: [],
    methodConfig: [
      {
        name: [{}],
        retryPolicy: {
          maxAttempts: 5,
          initialBackoff: '0.01s',
          maxBackoff: '0.01s',
          backoffMultiplier: 1,
          retryableStatusCodes: ['UNAVAILABLE'],
        },
      },
    ],
  }),
};

function pick(from: object, names: readonly string[]): object {
  return Object.fromEntries(Object.entries(from).filter(([name]) => names.includes(name)));
}

async function start(settings: TestGrpcSettings = {}, options: ClientOptions = {}) {
  const server = await startGrpcServer(settings);
  return { ...server, client: new GrpcClient(server.target, options), raw: new RawGrpc(server.port) };
}

describe('a unary call', () => {
  it('is answered, and holds nothing afterwards', async () => {
    const { client, finishedWith, budget } = await start();
    const { message, status: end } = await client.unary(HELLO);
    expect(message).toEqual(HELLO);
    expect(end.code).toBe(status.OK);
    expect(await finishedWith()).toMatchObject({
      method: '/test.Echo/Echo',
      path: '/test.Echo/Echo',
      status: 0,
      error: undefined,
      requestMessages: 1,
      responseMessages: 1,
      requestBytes: 10,
      responseBytes: 5,
      remoteAddress: '127.0.0.1',
    });
    expect(budget.usedBytes).toBe(0);
  });

  it.each([0, 1, 16_384, 65_536, 602_112, 5_000_000])('carries %i bytes both ways', async (length) => {
    const { client, finishedWith, budget } = await start();
    const bytes = Buffer.alloc(length, 'abc');
    const { message } = await client.unary(bytes, {});
    expect(message?.equals(bytes)).toBe(true);
    await finishedWith();
    expect(budget.usedBytes).toBe(0);
  });

  it('joins what the answer consists of', async () => {
    const pieces = [Buffer.from('a'), Buffer.alloc(0), Buffer.alloc(100_000, 'b'), Buffer.from('c')];
    const { client } = await start({ methods: [unary(() => Promise.resolve(pieces))] });
    expect((await client.unary(HELLO)).message?.equals(Buffer.concat(pieces))).toBe(true);
  });

  it('may arrive byte by byte', async () => {
    const { raw } = await start();
    const pieces = [...framed(HELLO)].map((byte) => Uint8Array.of(byte));
    const { headers, body, trailers } = await raw.send(pieces);
    expect(headers).toMatchObject({ ':status': 200, 'content-type': 'application/grpc' });
    expect(body).toEqual(framed(HELLO));
    expect(trailers).toMatchObject({ 'grpc-status': '0' });
  });

  it('tells its handler who calls, with which metadata and until when', async () => {
    let seen: { call: Call; metadata: unknown } | undefined;
    const { client } = await start({
      methods: [
        unary((call, message, metadata) => {
          seen = { call, metadata };
          return [message];
        }),
      ],
      authenticate: createAuthenticator(
        {
          keys: [{ name: 'app', key: 'app-key-0123456789', scopes: ['infer'] }],
          allowAnonymous: false,
          anonymousScopes: [],
          maxFailedKeysPerMinute: 0,
        },
        { explicitControl: false, clock: systemClock, policy: new AccessPolicy() },
      ).authenticate,
    });
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const metadata = {
      authorization: 'Bearer app-key-0123456789',
      'x-request-id': 'abc',
      traceparent,
      'x-own': 'mine',
    };
    await client.unary(HELLO, { metadata, deadline: Date.now() + 10_000 });
    const { call } = seen ?? {};
    expect(call?.principal.name).toBe('app');
    expect(call?.requestId).toBe('abc');
    expect(call?.trace?.traceId).toBe('4bf92f3577b34da6a3ce929d0e0e4736');
    expect(Math.round(((call?.deadlineAt ?? 0) - (call?.timing.receivedAt ?? 0)) / 1_000)).toBe(10);
    expect(seen?.metadata).toMatchObject({ 'x-own': 'mine' });
    const refused = await client.unary(HELLO, { metadata: { 'x-request-id': 'def' } });
    expect(refused.error).toMatchObject({
      code: status.UNAUTHENTICATED,
      details: 'this server needs a key: send `Authorization: Bearer <key>`',
    });
    expect(refused.status.metadata.get('x-request-id')).toEqual(['def']);
  });

  it('lasts no longer than the server allows', async () => {
    let deadlineMs = 0;
    const { client } = await start({
      options: { requestTimeoutMs: 500 },
      methods: [
        unary((call, message) => {
          deadlineMs = call.deadlineAt - call.timing.receivedAt;
          return [message];
        }),
      ],
    });
    await client.unary(HELLO, { deadline: Date.now() + 10_000 });
    expect(deadlineMs).toBeCloseTo(500);
    await client.unary(HELLO);
    expect(deadlineMs).toBeCloseTo(500);
  });

  it('gets the status, the text and the pause of its error', async () => {
    const { client, finishedWith } = await start({
      methods: [
        unary(() => {
          throw new MillraceError('resource_exhausted', 'the queue is full: 100 %, später', { retryAfterMs: 1_500 });
        }),
      ],
    });
    const { error, status: end } = await client.unary(HELLO);
    expect(error).toMatchObject({ code: status.UNAVAILABLE, details: 'the queue is full: 100 %, später' });
    expect(end.metadata.get('grpc-retry-pushback-ms')).toEqual(['1500']);
    expect(await finishedWith()).toMatchObject({ status: 14, error: { code: 'resource_exhausted' } });
  });

  it.each([
    ['unavailable', status.UNAVAILABLE, ['-1']],
    ['resource_exhausted', status.RESOURCE_EXHAUSTED, []],
    ['internal', status.INTERNAL, []],
  ] as const)(
    'is not told to try again what fails as %s without a pause: it may have been executed',
    async (code, expected, pushback) => {
      let executions = 0;
      const { client } = await start(
        {
          methods: [
            unary(() => {
              executions++;
              throw new MillraceError(code, 'the runner died');
            }),
          ],
        },
        RETRYING,
      );
      const { status: end } = await client.unary(HELLO);
      expect([end.code, end.details, end.metadata.get('grpc-retry-pushback-ms')]).toEqual([
        ...[expected, 'the runner died', pushback],
      ]);
      expect(executions).toBe(1);
    },
  );

  it('is told by a refusal at the door when to try again, and does', async () => {
    let calls = 0;
    const { client } = await start(
      {
        methods: [
          unary((_call, message) => {
            calls++;
            if (calls < 3) throw new MillraceError('resource_exhausted', 'the queue is full', { retryAfterMs: 1 });
            return [message];
          }),
        ],
      },
      RETRYING,
    );
    expect((await client.unary(HELLO)).message).toEqual(HELLO);
    expect(calls).toBe(3);
  });

  it('whose answer has no room is refused once for all, as it was executed', async () => {
    let executions = 0;
    const { client, budget } = await start(
      {
        options: { maxBufferedBytes: 1_000 },
        methods: [
          unary(() => {
            executions++;
            return [Buffer.alloc(1_001)];
          }),
        ],
      },
      RETRYING,
    );
    const { error, status: end } = await client.unary(HELLO);
    expect(error).toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
      details: 'the server already holds 1000 bytes of requests and answers, and has no room for this answer',
    });
    expect([end.metadata.get('grpc-retry-pushback-ms'), executions, budget.usedBytes]).toEqual([[], 1, 0]);
  });

  it('hides what was not foreseen, and tells the log', async () => {
    const fault = new TypeError('x is not a function');
    const { client, diagnostics } = await start({ methods: [unary(() => Promise.reject(fault))] });
    const { error } = await client.unary(HELLO);
    expect(error).toMatchObject({ code: status.INTERNAL, details: 'internal error; the server log has the details' });
    expect(diagnostics).toMatchObject([
      { level: 'error', message: '/test.Echo/Echo failed unexpectedly', error: fault },
    ]);
  });

  it('that its client gives up is cancelled', async () => {
    let given: (call: Call) => void = () => undefined;
    const arrived = new Promise<Call>((resolve) => {
      given = resolve;
    });
    const { client, finishedWith, budget, grpc } = await start({
      methods: [
        unary((call) => {
          given(call);
          return new Promise((_resolve, reject) => call.onCancel(reject));
        }),
      ],
    });
    let cancel = (): void => undefined;
    const outcome = client.unary(HELLO, { onCall: (call) => (cancel = () => call.cancel()) });
    const call = await arrived;
    cancel();
    expect((await outcome).error?.code).toBe(status.CANCELLED);
    expect(await finishedWith()).toMatchObject({ status: 1, error: { code: 'cancelled' } });
    expect(call.cancelled?.message).toBe('the client left before it had its answer');
    await grpc.calls.idle();
    expect(budget.usedBytes).toBe(0);
  });
});

it('metadata with blanks around it is taken without them where Node hands it on, and dropped where it does not', async () => {
  const sent = { 'x-behind': 'a b ', 'x-front': '\t c', 'x-none': 'd' };
  const seen: unknown[] = [];
  const method = unary((_call, message, metadata) => {
    seen.push(metadata);
    return [message];
  });
  const { raw } = await start({ methods: [method] });
  await raw.send([framed(HELLO)], sent);
  const rules = { settings: {}, strictFieldWhitespaceValidation: false };
  const bare = createServer(rules);
  await once(bare.listen(0, '127.0.0.1'), 'listening');
  const request = new RawGrpc((bare.address() as AddressInfo).port).open(sent);
  const [stream, headers] = await once(bare, 'stream');
  stream.respond({}, { endStream: true });
  request.end();
  bare.close();
  const names = Object.keys(sent);
  expect(pick(seen[0] as object, names)).toEqual(
    Object.fromEntries(Object.entries(pick(headers, names)).map(([name, value]) => [name, String(value).trim()])),
  );
  expect(pick(seen[0] as object, names)).toMatchObject({ 'x-none': 'd' });
});

describe('compression', () => {
  it.each(['gzip', 'deflate'] as const)('by %s is undone, and done to the answer', async (name) => {
    const server = await startGrpcServer();
    const bytes = Buffer.alloc(100_000, 'abc');
    const client = new GrpcClient(server.target, {
      'grpc.default_compression_algorithm': compressionAlgorithms[name],
    });
    const { message } = await client.unary(bytes);
    expect(message?.equals(bytes)).toBe(true);
    const event = await server.finishedWith();
    expect(event.requestBytes).toBeLessThan(10_000);
    expect(event.responseBytes).toBeLessThan(10_000);
    expect(server.budget.usedBytes).toBe(0);
  });

  it('of what does not get smaller leaves it whole', async () => {
    const server = await startGrpcServer();
    const bytes = Buffer.from(new Random(1).bytes(3_000_000));
    const client = new GrpcClient(server.target, {
      'grpc.default_compression_algorithm': compressionAlgorithms.gzip,
    });
    const { message } = await client.unary(bytes);
    expect(message?.equals(bytes)).toBe(true);
    expect((await server.finishedWith()).responseBytes).toBeGreaterThan(3_000_000);
    expect(server.budget.usedBytes).toBe(0);
  });

  it('is left out where it gains nothing', async () => {
    const { raw } = await start();
    const { headers, body } = await raw.send([framed(gzipSync(HELLO), 1)], {
      'grpc-encoding': 'gzip',
      'grpc-accept-encoding': 'identity,gzip',
    });
    expect(body).toEqual(framed(HELLO));
    expect(headers).not.toHaveProperty('grpc-encoding');
  });
});
