import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { constants } from 'node:http2';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { status } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import { MillraceError } from '../../src/core/index.js';
import { keptBytes } from '../fuzz/heap.js';
import { FakeClock } from '../support/fake-clock.js';
import { goneAway, waiting } from '../support/grpc-calls.js';
import {
  answerOf,
  closeGrpcServers,
  ECHO,
  framed,
  GrpcClient,
  RawGrpc,
  STREAM_PATH,
  startGrpcServer,
  streaming,
  unary,
} from '../support/grpc-server.js';
import {
  ACK,
  callHeaders,
  DATA,
  END_HEADERS,
  HEADERS,
  PING,
  PREFACE,
  SETTINGS,
  writeFrame,
} from '../support/http2-frames.js';
import { RawClient } from '../support/raw-client.js';
import { until } from '../support/until.js';

afterEach(closeGrpcServers);

const HELLO = Buffer.from('hello');

describe('draining', () => {
  it('finishes what has begun, refuses what comes, and tells clients to go', async () => {
    const slow = waiting();
    const server = await startGrpcServer({ methods: [slow.method] });
    const raw = new RawGrpc(server.port);
    const goaway = goneAway(raw.session);
    const accepted = raw.send([framed(HELLO)]);
    await slow.arrived(1);
    server.drain();
    expect(await goaway).toBe(constants.NGHTTP2_NO_ERROR);
    const late = await new GrpcClient(server.target).unary(HELLO);
    expect(late.error).toMatchObject({ code: status.UNAVAILABLE, details: 'the server is shutting down' });
    const idle = server.grpc.calls.idle();
    slow.release[0]?.();
    expect((await accepted).trailers).toMatchObject({ 'grpc-status': '0' });
    await idle;
    expect(server.budget.usedBytes).toBe(0);
  });

  it('ends streams that wait for their client, and others when their last call has ended', async () => {
    const open: (() => void)[] = [];
    const server = await startGrpcServer({
      methods: [
        streaming((stream) => ({
          onMessage: () => {
            const call = stream.openCall();
            open.push(() => {
              stream.send([HELLO]);
              stream.closeCall(call);
            });
          },
        })),
      ],
    });
    const idle = new RawGrpc(server.port).open({ ':path': STREAM_PATH });
    const busy = new RawGrpc(server.port).open({ ':path': STREAM_PATH });
    const outcomes = Promise.all([answerOf(idle), answerOf(busy)]);
    busy.write(framed(HELLO));
    await new Promise<void>((resolve) => {
      const look = () => (open.length > 0 ? resolve() : setImmediate(look));
      look();
    });
    server.drain();
    open[0]?.();
    const [first, second] = await outcomes;
    expect(first.headers).toMatchObject({ 'grpc-status': '14', 'grpc-message': 'the server is shutting down' });
    expect(second.body).toEqual(framed(HELLO));
    expect(second.trailers).toMatchObject({ 'grpc-status': '14' });
  });

  it('answers whoever asks for its health, but begins no watch', async () => {
    const methods = [unary((_call, message) => [message], { access: 'public' }), streaming(() => ({}))];
    const watch = { ...methods[1], access: 'public' } as (typeof methods)[number];
    const server = await startGrpcServer({ methods: [methods[0] as (typeof methods)[number], watch] });
    server.drain();
    expect((await new GrpcClient(server.target).unary(HELLO)).message).toEqual(HELLO);
    const { headers } = await new RawGrpc(server.port).send([], { ':path': STREAM_PATH });
    expect(headers).toMatchObject({ 'grpc-status': '14', 'grpc-message': 'the server is shutting down' });
  });

  it('does not wait for a message that has stopped arriving', async () => {
    const clock = new FakeClock();
    const server = await startGrpcServer({ clock });
    const raw = new RawGrpc(server.port);
    const stream = raw.open();
    const answer = answerOf(stream);
    stream.write(framed(HELLO).subarray(0, 7));
    await raw.arrived([stream]);
    server.drain();
    await clock.advance(2_000);
    expect(server.finished).toEqual([]);
    await clock.advance(1_000);
    expect((await answer).headers).toMatchObject({
      'grpc-status': '14',
      'grpc-message': 'the server is shutting down',
      'grpc-retry-pushback-ms': '1000',
    });
    await server.grpc.calls.idle();
  });

  it('gives up on what does not end', async () => {
    const slow = waiting();
    const server = await startGrpcServer({ methods: [slow.method] });
    const answer = new RawGrpc(server.port).send([framed(HELLO)]);
    await slow.arrived(1);
    server.grpc.calls.cancelAll(new MillraceError('unavailable', 'the server is shutting down'));
    expect((await answer).headers).toMatchObject({ 'grpc-status': '14' });
    expect(slow.calls[0]?.cancelled?.code).toBe('unavailable');
    await server.grpc.calls.idle();
  });
});

describe('a client that misbehaves', () => {
  it('and resets its streams in the middle of a message leaves nothing behind', async () => {
    const server = await startGrpcServer();
    for (let round = 0; round < 5; round++) {
      const raw = new RawGrpc(server.port);
      const streams = Array.from({ length: 100 }, () => raw.open());
      for (const stream of streams) stream.write(framed(Buffer.alloc(50_000)).subarray(0, 20_000));
      await raw.arrived(streams);
      if (round % 2 === 0) for (const stream of streams) stream.close(constants.NGHTTP2_CANCEL);
      else raw.socket.destroy();
      await Promise.all(streams.map((stream) => (stream.destroyed ? undefined : answerOf(stream))));
    }
    await server.grpc.calls.idle();
    expect(server.budget.usedBytes).toBe(0);
    expect(server.finished).toHaveLength(500);
    // Node's client ends its side before it resets it, so that some of them look like half a message.
    expect(
      server.finished.every(({ status: code }) => code === status.CANCELLED || code === status.INVALID_ARGUMENT),
    ).toBe(true);
  });

  it('and cancels call after call frees each of them at once', async () => {
    const slow = waiting();
    const server = await startGrpcServer({ methods: [slow.method] });
    const client = new GrpcClient(server.target);
    const outcomes = await Promise.all(
      Array.from({ length: 500 }, () => client.unary(HELLO, { onCall: (call) => setImmediate(() => call.cancel()) })),
    );
    expect(new Set(outcomes.map(({ error }) => error?.code))).toEqual(new Set([status.CANCELLED]));
    await server.grpc.calls.idle();
    expect(slow.calls.every((call) => call.cancelled !== undefined)).toBe(true);
    expect(server.budget.usedBytes).toBe(0);
    server.drain();
  });

  it('and lets every deadline pass gets what it asked for', async () => {
    const slow = waiting();
    const server = await startGrpcServer({ methods: [slow.method] });
    const client = new GrpcClient(server.target);
    const outcomes = await Promise.all(
      Array.from({ length: 300 }, (_, index) => client.unary(HELLO, { deadline: Date.now() + (index % 30) })),
    );
    expect(new Set(outcomes.map(({ error }) => error?.code))).toEqual(new Set([status.DEADLINE_EXCEEDED]));
    await server.grpc.calls.idle();
    expect(server.budget.usedBytes).toBe(0);
  });

  it('and begins with a frame that is no SETTINGS leaves no memory behind', async () => {
    // Node keeps the timer for idleness of a session that has ended, and with it the session, until it fires.
    const { port } = await startGrpcServer({ options: { keepAliveTimeoutMs: 1_000 } });
    const bytes = Buffer.concat([Buffer.from(PREFACE), writeFrame({ type: HEADERS, flags: END_HEADERS, stream: 1 })]);
    const connectAndLeave = async () => {
      const { socket, closed } = await RawClient.connect(port);
      socket.write(bytes, () => socket.destroy());
      await closed;
    };
    const connectOften = async () => {
      for (let times = 0; times < 300; times++) await connectAndLeave();
    };
    await connectOften();
    const before = keptBytes();
    await connectOften();
    // Each that stayed would take 7,000 bytes of the heap, and 20,000 beside it.
    await until('the connections are forgotten', () => keptBytes() - before < 300 * 1_000);
  });

  it('and breaks the protocol before it calls harms nobody else', async () => {
    const server = await startGrpcServer();
    const { socket, closed } = await RawClient.connect(server.port);
    const frames = [
      { type: SETTINGS },
      // Of no ping, for which Node destroys the session while it reads.
      { type: PING, flags: ACK, payload: new Uint8Array(8) },
      { type: HEADERS, flags: END_HEADERS, stream: 1, payload: callHeaders('/test.Echo/Echo') },
      { type: DATA, stream: 1, payload: framed(HELLO) },
    ];
    socket.write(Buffer.concat([Buffer.from(PREFACE), ...frames.map(writeFrame)]));
    await closed;
    expect((await new GrpcClient(server.target).unary(HELLO)).message).toEqual(HELLO);
  });

  it('and sends too much metadata harms nobody else', async () => {
    const server = await startGrpcServer();
    const raw = new RawGrpc(server.port);
    const { headers } = await raw.send([framed(HELLO)], { 'x-large': 'a'.repeat(40_000) });
    expect(headers['grpc-status']).toBe('8');
    expect(headers['grpc-message']).toMatch(/^the metadata is too large: expected at most 16384 bytes, got 40\d\d\d$/);
    expect((await new GrpcClient(server.target).unary(HELLO)).message).toEqual(HELLO);
    expect(server.budget.usedBytes).toBe(0);
  });
});

describe('a socket file', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'millrace-grpc-'));
  const file = path.join(folder, 'grpc.sock');
  const endpoint = { kind: 'socket', path: file, setting: 'grpcSocket' } as const;
  afterEach(() => rmSync(file, { force: true }));

  it('is for its user alone, takes any host, and is gone at the end', async () => {
    await startGrpcServer({ methods: [ECHO], endpoint });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const client = new GrpcClient(`unix:${file}`, { 'grpc.default_authority': 'anything.example' });
    expect((await client.unary(HELLO)).message).toEqual(HELLO);
    await closeGrpcServers();
    expect(statSync(file, { throwIfNoEntry: false })).toBeUndefined();
  });

  it('that a killed server left behind is replaced', async () => {
    const dead = createServer().listen(file);
    await new Promise((resolve) => dead.once('listening', resolve));
    // What a server that is killed does not do: the file stays.
    const descriptor = (dead as unknown as { _handle: { close(): void } })._handle;
    rmSync(file);
    descriptor.close();
    const server = await startGrpcServer({ endpoint });
    expect(server.target).toBe(`unix:${file}`);
  });

  it('that somebody listens on, or that is no socket, is left alone', async () => {
    const other = createServer().listen(file);
    await new Promise((resolve) => other.once('listening', resolve));
    await expect(startGrpcServer({ endpoint })).rejects.toMatchObject({
      code: 'failed_precondition',
      message: `another process listens on ${file}; stop it or choose another \`server.grpcSocket\``,
    });
    await new Promise((resolve) => other.close(resolve));
    writeFileSync(file, 'precious');
    await expect(startGrpcServer({ endpoint })).rejects.toMatchObject({
      code: 'failed_precondition',
      message: `\`server.grpcSocket\`: ${file} is there and is no socket`,
    });
  });
});

it('asks a client that cancels many calls to connect again, and finishes what it has under way', async () => {
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { port, finishedWith } = await startGrpcServer({
    methods: [
      unary(async (_call, message) => {
        await released;
        return [message];
      }),
    ],
  });
  const client = new RawGrpc(port);
  const goaway = once(client.session, 'goaway');
  const kept = client.open();
  const answer = answerOf(kept);
  kept.end(framed(Buffer.from('kept')));
  for (let round = 0; round < 2; round++) {
    const streams = Array.from({ length: 90 }, () => client.open().resume());
    await client.arrived(streams);
    for (const stream of streams) stream.close(constants.NGHTTP2_CANCEL);
    await Promise.all(streams.map((stream) => once(stream, 'close')));
  }
  const [code] = await goaway;
  expect(code).toBe(constants.NGHTTP2_NO_ERROR);
  release();
  expect((await answer).trailers).toMatchObject({ 'grpc-status': '0' });
  expect(await finishedWith(({ status }) => status === 0)).toMatchObject({ responseMessages: 1 });
});

it('takes deadlines that pass for resets that are on their way', async () => {
  const { port, finishedWith } = await startGrpcServer({ methods: [waiting().method] });
  const client = new RawGrpc(port);
  const goaway = once(client.session, 'goaway');
  await Promise.all(Array.from({ length: 180 }, () => client.send([framed(HELLO)], { 'grpc-timeout': '1m' })));
  const [code] = await goaway;
  expect(code).toBe(constants.NGHTTP2_NO_ERROR);
  expect(await finishedWith(({ status }) => status !== 0)).toMatchObject({ status: status.DEADLINE_EXCEEDED });
});
