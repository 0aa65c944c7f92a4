import { constants } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../support/fake-clock.js';
import { goneAway, waiting } from '../support/grpc-calls.js';
import {
  answerOf,
  closeGrpcServers,
  ECHO_PATH,
  framed,
  RawGrpc,
  STREAM_PATH,
  startGrpcServer,
  streaming,
  unary,
} from '../support/grpc-server.js';

afterEach(closeGrpcServers);

const HELLO = Buffer.from('hello');

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

  it('leave a call that changes the server as long as its client does: models load as long as they load', async () => {
    const clock = new FakeClock();
    const slow = waiting();
    const server = await startGrpcServer({ clock, methods: [{ ...slow.method, control: true }] });
    const client = new RawGrpc(server.port);
    const patient = client.send([framed(HELLO)]);
    await slow.arrived(1);
    const hurried = client.send([framed(HELLO)], { 'grpc-timeout': '90S' });
    await slow.arrived(2);
    await clock.advance(120_000);
    expect((await hurried).headers).toMatchObject({
      'grpc-status': '4',
      'grpc-message': 'the request took longer than its 90000 ms',
    });
    slow.release[0]?.();
    expect((await patient).trailers).toMatchObject({ 'grpc-status': '0' });
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

  it('end a call at its deadline, and not at the next time when calls are checked', async () => {
    const clock = new FakeClock();
    const slow = waiting();
    const server = await startGrpcServer({ clock, methods: [slow.method] });
    void new RawGrpc(server.port).send([framed(HELLO)], { 'grpc-timeout': '1500m' });
    await slow.arrived(1);
    await clock.advance(1_499);
    expect(slow.calls[0]?.cancelled).toBeUndefined();
    await clock.advance(1);
    expect(slow.calls[0]?.cancelled?.code).toBe('deadline_exceeded');
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
    const message = 'the server cut off the client, which took nothing of its answer for 10000 ms';
    expect(event).toMatchObject({ status: 1, error: { code: 'cancelled', message } });
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
