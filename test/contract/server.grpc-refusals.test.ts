import { gzipSync } from 'node:zlib';
import { type ClientOptions, status } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import { MillraceError, type Principal } from '../../src/core/index.js';
import { TooManyFailedKeys } from '../../src/governance/index.js';
import {
  answerOf,
  closeGrpcServers,
  framed,
  GrpcClient,
  RawGrpc,
  startGrpcServer,
  type TestGrpcSettings,
  unary,
} from '../support/grpc-server.js';

afterEach(closeGrpcServers);

const HELLO = Buffer.from('hello');

async function start(settings: TestGrpcSettings = {}, options: ClientOptions = {}) {
  const server = await startGrpcServer(settings);
  return { ...server, client: new GrpcClient(server.target, options), raw: new RawGrpc(server.port) };
}

describe('a call that is refused', () => {
  async function refusalOf(
    pieces: readonly Uint8Array[],
    headers: Readonly<Record<string, string | undefined>> = {},
    settings: TestGrpcSettings = {},
  ) {
    const { raw, budget, grpc } = await start(settings);
    const answer = await raw.send(pieces, headers);
    await grpc.calls.idle();
    expect(budget.usedBytes).toBe(0);
    const { 'grpc-status': code, 'grpc-message': text } = { ...answer.headers, ...answer.trailers } as Record<
      string,
      string
    >;
    return { ...answer, code: Number(code), text: decodeURIComponent(text ?? '') };
  }

  it.each<[string, readonly Uint8Array[], Record<string, string | undefined>, number, string]>([
    ['of an unknown service', [], { ':path': '/a.B/C' }, 12, "service 'a.B' is not served here"],
    ['of an unknown method', [], { ':path': '/test.Echo/Ecco' }, 12, "service test.Echo has no method 'Ecco'"],
    ['without a message', [], {}, 3, 'the request holds no message'],
    ['with half a prefix', [Buffer.alloc(3)], {}, 3, 'the request ended after 3 of the 5 bytes of its prefix'],
    ['with half a message', [framed(HELLO).subarray(0, 8)], {}, 3, 'the request ended after 3 of its 5 bytes'],
    [
      'with two messages',
      [framed(HELLO), framed(HELLO)],
      {},
      12,
      '/test.Echo/Echo takes one message a call, got a second one',
    ],
    ['with an unknown flag', [framed(HELLO, 2)], {}, 3, 'message prefix: expected the flag 0 or 1, got 2'],
    [
      ...(['compressed in an unknown way', [framed(HELLO, 1)], { 'grpc-encoding': 'snappy' }] as const),
      ...([12, "grpc-encoding 'snappy' is not supported: expected gzip, deflate or identity"] as const),
    ],
    [
      ...(['compressed without saying how', [framed(HELLO, 1)], {}] as const),
      ...([3, 'the message is compressed, but metadata grpc-encoding does not say how'] as const),
    ],
    [
      ...(['with damaged compression', [framed(HELLO, 1)], { 'grpc-encoding': 'gzip' }] as const),
      ...([3, 'the message is not valid gzip: incorrect header check'] as const),
    ],
    [
      ...(['with a malformed deadline', [framed(HELLO)], { 'grpc-timeout': '5 minutes' }] as const),
      3,
      "metadata grpc-timeout: expected at most 8 digits and one of the units H, M, S, m, u, n, got '5 minutes'",
    ],
    [
      ...(['for another host', [framed(HELLO)], { ':authority': 'evil.example' }] as const),
      7,
      "host 'evil.example' is not served here: a server on a loopback address answers to localhost and 127.0.0.1 only. " +
        'Add the name to `server.allowedHosts` if it is meant to',
    ],
  ])('%s says so', async (_name, pieces, headers, code, text) => {
    const refusal = await refusalOf(pieces, headers);
    expect([refusal.code, refusal.text]).toEqual([code, text]);
    expect(refusal.headers).toMatchObject({ ':status': 200, 'grpc-accept-encoding': 'identity,deflate,gzip' });
  });

  it('because its message is too large is not read to its end', async () => {
    const { raw, finishedWith, budget } = await start({ options: { maxInputBytes: 1_000 } });
    const stream = raw.open();
    const answer = answerOf(stream);
    stream.write(framed(Buffer.alloc(1_001)).subarray(0, 10));
    expect((await answer).headers).toMatchObject({
      'grpc-status': '8',
      'grpc-message': 'the message is too large: expected at most 1000 bytes, got 1001',
    });
    expect(await finishedWith()).toMatchObject({ status: 8 });
    expect(budget.usedBytes).toBe(0);
  });

  it('because its method needs no such large messages is not read either', async () => {
    const methods = [unary((_call, message) => [message], { largeMessages: false })];
    const { code, text } = await refusalOf([framed(Buffer.alloc(1_048_577)).subarray(0, 10)], {}, { methods });
    expect([code, text]).toEqual([8, 'the message is too large: expected at most 1048576 bytes, got 1048577']);
  });

  it('because its message is a bomb unpacks no more than it may', async () => {
    const bomb = framed(gzipSync(Buffer.alloc(50_000_000)), 1);
    const { code, text } = await refusalOf(
      [bomb],
      { 'grpc-encoding': 'gzip' },
      { options: { maxInputBytes: 100_000 } },
    );
    expect([code, text]).toEqual([
      8,
      'the message is too large: expected at most 100000 bytes, got more once decompressed',
    ]);
  });

  it('because the server holds too much may be repeated', async () => {
    const { code, text } = await refusalOf([framed(Buffer.alloc(900))], {}, { options: { maxBufferedBytes: 800 } });
    expect([code, text]).toEqual([14, 'the server already holds 800 bytes of requests and answers; try again later']);
  });

  it('because nobody reads its answer holds no bytes either', async () => {
    const { code } = await refusalOf([framed(Buffer.alloc(500))], {}, { options: { maxBufferedBytes: 800 } });
    expect(code).toBe(8);
  });

  it.each([
    [{ 'content-type': 'application/json' }, 415],
    [{ 'content-type': undefined }, 415],
    [{ 'content-type': 'application/grpc-web+proto' }, 415],
    [{ ':method': 'PUT' }, 405],
  ])('because it is no gRPC (%o) gets HTTP status %i', async (headers, expected) => {
    const { headers: answer } = await refusalOf([framed(HELLO)], headers);
    expect(answer[':status']).toBe(expected);
  });

  it('because too many unknown keys came from its address says when to try again, which no client does by itself', async () => {
    const authenticate = () => {
      throw new TooManyFailedKeys(1_500);
    };
    const { code, text, headers } = await refusalOf([framed(HELLO)], {}, { authenticate });
    expect([code, text, headers['grpc-retry-pushback-ms']]).toEqual([
      status.RESOURCE_EXHAUSTED,
      'too many unknown keys came from this address; try again later',
      '1500',
    ]);
  });

  it('because it changes the server goes to the admin port', async () => {
    const { client } = await start({
      options: { adminPort: 0 },
      methods: [unary((_call, message) => [message], { control: true })],
    });
    expect((await client.unary(HELLO)).error).toMatchObject({
      code: status.PERMISSION_DENIED,
      details: '/test.Echo/Echo changes the server: it is answered on the admin port only, which is REST',
    });
  });
});

describe('public methods', () => {
  it('are answered without a key, in nobody’s name', async () => {
    let principal: Principal | undefined;
    const { client } = await start({
      authenticate: () => {
        throw new MillraceError('unauthenticated', 'no');
      },
      methods: [
        unary(
          (call, message) => {
            principal = call.principal;
            return [message];
          },
          { access: 'public' },
        ),
      ],
    });
    expect((await client.unary(HELLO)).error).toBeNull();
    expect(principal?.rights.summary).toBe('none');
  });
});
