import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type ClientHttp2Session, constants } from 'node:http2';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { status } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import { type Call, MillraceError } from '../../src/core/index.js';
import { FakeClock } from '../support/fake-clock.js';
import {
  answerOf,
  closeGrpcServers,
  ECHO,
  ECHO_PATH,
  framed,
  GrpcClient,
  RawGrpc,
  STREAM_PATH,
  startGrpcServer,
  streaming,
  unary,
} from '../support/grpc-server.js';

afterEach(closeGrpcServers);

const HELLO = Buffer.from('hello');

/** A unary method that waits until it is let go or cancelled. */
function waiting() {
  const calls: Call[] = [];
  const release: (() => void)[] = [];
  let onArrival: () => void = () => undefined;
  const method = unary(
    (call, message) =>
      new Promise((resolve, reject) => {
        calls.push(call);
        call.onCancel(reject);
        release.push(() => resolve([message]));
        onArrival();
      }),
  );
  return {
    calls,
    release,
    method,
    arrived: (count: number) =>
      new Promise<void>((resolve) => {
        onArrival = () => calls.length >= count && resolve();
        onArrival();
      }),
  };
}

function goneAway(session: ClientHttp2Session): Promise<number> {
  return new Promise((resolve) => session.once('goaway', resolve));
}

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

describe('limits in time', () => {
  it('cut off a request that does not arrive', async () => {
    const clock = new FakeClock();
    const server = await startGrpcServer({ clock, options: { receiveTimeoutMs: 5_000 } });
    const raw = new RawGrpc(server.port);
    const stream = raw.open();
    const answer = answerOf(stream);
    stream.write(framed(HELLO).subarray(0, 7));
    await raw.arrived([stream]);
    await clock.advance(4_000);
    expect(server.finished).toEqual([]);
    await clock.advance(2_000);
    expect((await answer).headers).toMatchObject({
      'grpc-status': '4',
      'grpc-message': 'the request did not arrive in time',
    });
    expect(server.budget.usedBytes).toBe(0);
  });

  it('end a call whose deadline passes while nobody watches over it', async () => {
    const clock = new FakeClock();
    const slow = waiting();
    const server = await startGrpcServer({ clock, methods: [slow.method] });
    const answer = new RawGrpc(server.port).send([framed(HELLO)], { 'grpc-timeout': '1S' });
    await slow.arrived(1);
    await clock.advance(1_000);
    expect((await answer).headers).toMatchObject({
      'grpc-status': '4',
      'grpc-message': 'the request took longer than its 1000 ms',
    });
  });

  it('cut off a client that does not read its answer', async () => {
    const clock = new FakeClock();
    const server = await startGrpcServer({ clock, options: { sendTimeoutMs: 10_000 } });
    const raw = new RawGrpc(server.port);
    const stream = raw.open();
    const answer = answerOf(stream);
    stream.pause();
    const responded = new Promise((resolve) => stream.once('response', resolve));
    stream.end(framed(Buffer.alloc(3_000_000)));
    await responded;
    await new Promise((resolve) => raw.session.ping(resolve));
    await clock.advance(9_000);
    expect(server.budget.usedBytes).toBeGreaterThan(3_000_000);
    await clock.advance(3_000);
    const event = await server.finishedWith();
    expect(event).toMatchObject({ status: 1, error: { code: 'cancelled' } });
    expect(server.budget.usedBytes).toBe(0);
    stream.resume();
    expect((await answer).resetCode).toBe(constants.NGHTTP2_CANCEL);
  });

  it('close connections that are idle, and only those', async () => {
    const slow = waiting();
    const server = await startGrpcServer({ methods: [slow.method], options: { keepAliveTimeoutMs: 100 } });
    const [busy, idle] = [new RawGrpc(server.port), new RawGrpc(server.port)];
    const answer = busy.send([framed(HELLO)]);
    await slow.arrived(1);
    expect(await goneAway(idle.session)).toBe(constants.NGHTTP2_NO_ERROR);
    expect(busy.session.closed).toBe(false);
    slow.release[0]?.();
    expect((await answer).trailers).toMatchObject({ 'grpc-status': '0' });
    expect(await goneAway(busy.session)).toBe(constants.NGHTTP2_NO_ERROR);
  });

  it('close connections whose client is gone though it has a call open', async () => {
    const slow = waiting();
    const server = await startGrpcServer({ methods: [slow.method], options: { keepAliveTimeoutMs: 100 } });
    const raw = new RawGrpc(server.port);
    void raw.send([framed(HELLO)]);
    await slow.arrived(1);
    // Data of no stream: Node reads no more of the connection, not even that it is closed.
    raw.socket.write(Buffer.of(0, 0, 1, 0, 0, 0, 0, 0, 0, 0));
    raw.socket.destroySoon();
    await server.grpc.calls.idle();
    expect(slow.calls[0]?.cancelled).toMatchObject({ code: 'cancelled' });
    expect(server.budget.usedBytes).toBe(0);
  });

  const large = Buffer.alloc(20_000_000);
  it.each([
    ['a large answer', ECHO_PATH, unary(() => [large]), large.length + 5],
    [
      'large answers of a stream',
      STREAM_PATH,
      streaming((stream) => ({
        onMessage: () => {
          for (const message of [HELLO, large, HELLO, large, HELLO]) stream.send([message]);
        },
      })),
      2 * large.length + 3 * HELLO.length + 25,
    ],
  ])('leave a client alone that takes %s slowly', async (_what, path, method, sizeBytes) => {
    const clock = new FakeClock();
    const options = { sendTimeoutMs: 10_000, requestTimeoutMs: 600_000 };
    const server = await startGrpcServer({ clock, methods: [method], options });
    const stream = new RawGrpc(server.port).open({ ':path': path });
    let taken = 0;
    let next = 500_000;
    let late: Promise<void> | undefined;
    stream.on('data', (piece: Buffer) => {
      taken += piece.length;
      if (taken < next || late !== undefined) return;
      next += 500_000;
      stream.pause();
      late = clock.advance(3_000).then(() => {
        late = undefined;
        stream.resume();
      });
    });
    stream.end(framed(HELLO));
    await new Promise((resolve) => stream.once('close', resolve));
    expect([taken, stream.rstCode]).toEqual([sizeBytes, constants.NGHTTP2_NO_ERROR]);
  });

  it('end a large answer whose deadline passes on its way', async () => {
    const clock = new FakeClock();
    const server = await startGrpcServer({ clock, methods: [unary(() => [Buffer.alloc(9_000_000)])] });
    const raw = new RawGrpc(server.port);
    const stream = raw.open({ 'grpc-timeout': '1S' });
    const answer = answerOf(stream);
    stream.pause();
    const responded = new Promise((resolve) => stream.once('response', resolve));
    stream.end(framed(HELLO));
    await responded;
    await new Promise((resolve) => raw.session.ping(resolve));
    await clock.advance(2_000);
    stream.resume();
    const { trailers, resetCode } = await answer;
    expect(trailers).toMatchObject({ 'grpc-status': '4', 'grpc-message': 'the request took longer than its 1000 ms' });
    expect(resetCode).toBe(constants.NGHTTP2_NO_ERROR);
  });

  it('close connections on which nobody speaks HTTP/2', async () => {
    const server = await startGrpcServer({ options: { headersTimeoutMs: 100 } });
    const silent = connect(server.port, '127.0.0.1');
    const talker = connect(server.port, '127.0.0.1');
    talker.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await Promise.all([closed(silent), closed(talker)]);
  });
});

function closed(socket: Socket): Promise<void> {
  socket.on('error', () => undefined);
  return new Promise((resolve) => socket.resume().once('close', () => resolve()));
}

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
