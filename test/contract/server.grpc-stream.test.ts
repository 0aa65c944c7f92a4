import { constants } from 'node:http2';
import { gzipSync } from 'node:zlib';
import { type StatusObject, status } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import { type Call, MillraceError } from '../../src/core/index.js';
import type { GrpcStream, GrpcStreamHandler } from '../../src/protocols/index.js';
import { FakeClock } from '../support/fake-clock.js';
import {
  answerOf,
  closeGrpcServers,
  framed,
  GrpcClient,
  RawGrpc,
  STREAM_PATH,
  startGrpcServer,
  streaming,
  type TestGrpcSettings,
} from '../support/grpc-server.js';

afterEach(closeGrpcServers);

type Open = (stream: GrpcStream) => Partial<GrpcStreamHandler>;

async function start(open: Open, settings: TestGrpcSettings = {}) {
  const server = await startGrpcServer({ methods: [streaming(open)], ...settings });
  return { ...server, client: new GrpcClient(server.target), raw: new RawGrpc(server.port) };
}

/** What comes over a client's stream until its status. */
function collect(call: ReturnType<GrpcClient['stream']>): Promise<{ messages: string[]; end: StatusObject }> {
  const messages: string[] = [];
  call.on('data', (message: Buffer) => messages.push(message.toString()));
  call.on('error', () => undefined);
  return new Promise((resolve) => call.on('status', (end: StatusObject) => resolve({ messages, end })));
}

const echo: Open = (stream) => ({
  onMessage: (message) => {
    stream.send([message]);
  },
});

/** A promise and what resolves it. */
function latch<Value = void>() {
  let open: (value: Value) => void = () => undefined;
  const opened = new Promise<Value>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

describe('a stream', () => {
  it('carries messages both ways in their order, until both sides have ended', async () => {
    const { client, finishedWith, budget } = await start(echo);
    const call = client.stream();
    const outcome = collect(call);
    const sent = Array.from({ length: 500 }, (_, index) => `message ${index}`);
    for (const text of sent) call.write(Buffer.from(text));
    call.end();
    const { messages, end } = await outcome;
    expect(messages).toEqual(sent);
    expect(end.code).toBe(status.OK);
    expect(await finishedWith()).toMatchObject({ method: STREAM_PATH, requestMessages: 500, responseMessages: 500 });
    expect(budget.usedBytes).toBe(0);
  });

  it('takes messages cut anywhere, and compressed ones in their place', async () => {
    const { raw } = await start(echo);
    const bytes = Buffer.concat([
      ...[framed(Buffer.from('a')), framed(gzipSync(Buffer.from('bb')), 1), framed(Buffer.alloc(0))],
      framed(Buffer.from('ccc')),
    ]);
    const pieces = Array.from({ length: Math.ceil(bytes.length / 3) }, (_, i) => bytes.subarray(3 * i, 3 * i + 3));
    const { body, trailers } = await raw.send(pieces, { ':path': STREAM_PATH, 'grpc-encoding': 'gzip' });
    expect(body).toEqual(Buffer.concat(['a', 'bb', '', 'ccc'].map((text) => framed(Buffer.from(text)))));
    expect(trailers).toMatchObject({ 'grpc-status': '0' });
  });

  it('can be ended with an error, after messages or before any', async () => {
    const fail: Open = (stream) => ({
      onMessage: (message) => {
        if (message.length > 0) stream.send([message]);
        stream.end(new MillraceError('not_found', "model 'x' is not found"));
      },
    });
    const { client, finishedWith } = await start(fail);
    for (const text of ['before', '']) {
      const call = client.stream();
      const outcome = collect(call);
      call.write(Buffer.from(text));
      const { messages, end } = await outcome;
      expect(messages).toEqual(text === '' ? [] : [text]);
      expect(end).toMatchObject({ code: status.NOT_FOUND, details: "model 'x' is not found" });
    }
    expect(await finishedWith()).toMatchObject({ status: 5, error: { code: 'not_found' } });
  });

  it.each(['an error', 'success'])('that its handler ends with %s while more is unread is over', async (how) => {
    const { raw, budget, finishedWith } = await start((stream) => ({
      async onMessage() {
        stream.end(how === 'success' ? undefined : new MillraceError('not_found', 'no such thing'));
      },
    }));
    // The first call of a connection sends all messages at once; later ones send each in a frame.
    await raw.send([], { ':path': STREAM_PATH });
    await raw.send([framed(Buffer.from('one')), framed(Buffer.from('two'))], { ':path': STREAM_PATH });
    const ended = await finishedWith(({ requestMessages }) => requestMessages > 0);
    expect(ended).toMatchObject({ status: how === 'success' ? status.OK : status.NOT_FOUND, requestMessages: 1 });
    expect(budget.usedBytes).toBe(0);
  });

  it('reads nothing more while a message is being handled', async () => {
    const gate = latch();
    const first = latch();
    const bytesOf: number[] = [];
    let handled = 0;
    const { raw, budget, grpc } = await start((stream) => ({
      onMessage: async (message) => {
        handled++;
        bytesOf.push(message.length);
        first.open();
        await gate.opened;
      },
      onHalfClose: () => stream.end(),
    }));
    const stream = raw.open({ ':path': STREAM_PATH });
    const answer = answerOf(stream);
    const size = 100_000;
    let accepted = 0;
    for (let i = 0; i < 100; i++) stream.write(framed(Buffer.alloc(size)), () => accepted++);
    stream.end();
    await first.opened;
    // What is beyond the window waits at the client: the answer to a ping comes behind all that could be sent.
    await new Promise((resolve) => raw.session.ping(resolve));
    expect(handled).toBe(1);
    expect(accepted).toBeLessThan(20);
    expect(budget.usedBytes).toBe(size);
    gate.open();
    expect((await answer).trailers).toMatchObject({ 'grpc-status': '0' });
    expect(bytesOf).toEqual(Array(100).fill(size));
    await grpc.calls.idle();
    expect(budget.usedBytes).toBe(0);
  });

  it('tells its handler when the client reads slowly, and when there is room again', async () => {
    const full = latch<number>();
    const size = 50_000;
    const { raw } = await start((stream) => ({
      onMessage: async () => {
        let sent = 1;
        while (stream.send([Buffer.alloc(size)])) sent++;
        full.open(sent);
        await stream.drained();
        stream.end();
      },
    }));
    const stream = raw.open({ ':path': STREAM_PATH });
    stream.pause();
    stream.end(framed(Buffer.from('go')));
    const sent = await full.opened;
    expect(sent).toBeLessThan(10);
    const { body, trailers } = await answerOf(stream.resume());
    expect(body.length).toBe(sent * (size + 5));
    expect(trailers).toMatchObject({ 'grpc-status': '0' });
  });

  it('gives its calls one trace, with its own span above theirs', async () => {
    const calls: Call[] = [];
    const { raw, finishedWith } = await start((stream) => ({
      onMessage: () => {
        const call = stream.openCall();
        calls.push(call);
        stream.closeCall(call);
      },
    }));
    await raw.send([framed(Buffer.from('a')), framed(Buffer.from('b'))], { ':path': STREAM_PATH });
    const { trace } = (await finishedWith()).call;
    expect(calls.map((call) => [call.trace?.traceId, call.trace?.parentSpanId])).toEqual([
      [trace?.traceId, trace?.spanId],
      [trace?.traceId, trace?.spanId],
    ]);
  });

  it('that breaks cancels its calls, tells its handler and lets nobody wait', async () => {
    const open = latch<Call>();
    const broken = latch();
    const woken = latch();
    let closed: Call | undefined;
    const { raw, finishedWith, budget } = await start((stream) => ({
      onMessage: () => {
        closed = stream.openCall();
        stream.closeCall(closed);
        open.open(stream.openCall());
        while (stream.send([Buffer.alloc(100_000)]));
        void stream.drained().then(woken.open);
        return new Promise(() => undefined);
      },
      onBroken: broken.open,
    }));
    const stream = raw.open({ ':path': STREAM_PATH });
    stream.pause();
    stream.write(Buffer.concat([framed(Buffer.from('go')), framed(Buffer.from('more')), Buffer.alloc(3)]));
    const call = await open.opened;
    stream.close(constants.NGHTTP2_CANCEL);
    await Promise.all([broken.opened, woken.opened]);
    expect(call.cancelled).toMatchObject({ code: 'cancelled', message: 'the client left the stream' });
    expect(closed).toBeDefined();
    expect(closed?.cancelled).toBeUndefined();
    expect(await finishedWith()).toMatchObject({ status: 1, error: { code: 'cancelled' } });
    expect(budget.usedBytes).toBe(0);
  });

  it('does not end well when all that is left of it has ended at its deadline', async () => {
    const clock = new FakeClock();
    const halfClosed = latch<GrpcStream>();
    const { raw } = await start((stream) => ({ onHalfClose: () => halfClosed.open(stream) }), { clock });
    const stream = raw.open({ ':path': STREAM_PATH, 'grpc-timeout': '1500m' });
    const answer = answerOf(stream);
    stream.end(framed(Buffer.from('go')));
    const opened = await halfClosed.opened;
    await clock.advance(1_500);
    opened.end();
    expect(await answer).toMatchObject({
      headers: { 'grpc-status': '4', 'grpc-message': 'the request took longer than its 1500 ms' },
    });
  });

  it('is over when its client’s deadline has passed', async () => {
    const clock = new FakeClock();
    const opened = latch<Call>();
    const broken = latch();
    const { raw } = await start(
      (stream) => ({ onMessage: () => opened.open(stream.openCall()), onBroken: broken.open }),
      { clock },
    );
    const stream = raw.open({ ':path': STREAM_PATH, 'grpc-timeout': '1500m' });
    const answer = answerOf(stream);
    stream.write(framed(Buffer.from('go')));
    const call = await opened.opened;
    expect(call.deadlineAt - clock.now()).toBe(1_500);
    await clock.advance(2_000);
    await broken.opened;
    expect(call.cancelled?.code).toBe('deadline_exceeded');
    expect((await answer).headers).toMatchObject({
      'grpc-status': '4',
      'grpc-message': 'the request took longer than its 1500 ms',
    });
  });

  it.each([
    ['its deadline', 'deadline_exceeded'],
    ['its handler, with an error', 'not_found'],
    ['its handler', undefined],
    ['the server, which gives up on it,', 'unavailable'],
  ])('can be ended by %s while a message is being handled and more wait', async (who, code) => {
    const busy = latch<GrpcStream>();
    const { raw, grpc, budget, finishedWith } = await start((stream) => ({
      onMessage: () => {
        busy.open(stream);
        return new Promise(() => undefined);
      },
    }));
    const stream = raw.open({ ':path': STREAM_PATH, ...(who === 'its deadline' && { 'grpc-timeout': '1S' }) });
    const answer = answerOf(stream);
    for (let count = 0; count < 10; count++) stream.write(framed(Buffer.alloc(100_000)));
    const handling = await busy.opened;
    await new Promise((resolve) => raw.session.ping(resolve));
    if (code === 'not_found') handling.end(new MillraceError('not_found', 'no'));
    if (code === 'unavailable') grpc.calls.cancelAll(new MillraceError('unavailable', 'over'));
    if (code === undefined) handling.end();
    await answer;
    expect((await finishedWith()).error?.code).toBe(code);
    await grpc.calls.idle();
    expect(budget.usedBytes).toBe(0);
  });

  it.each([
    [
      'half of a message',
      [framed(Buffer.from('hello')).subarray(0, 7)],
      'the stream ended after 2 of its 5 bytes of a message',
    ],
    ['an unknown flag', [framed(Buffer.from('hello'), 7)], 'message prefix: expected the flag 0 or 1, got 7'],
  ])('is refused with %s', async (_name, pieces, text) => {
    const broken = latch();
    const { raw, grpc, budget } = await start(() => ({ onBroken: broken.open }));
    const { headers } = await raw.send(pieces, { ':path': STREAM_PATH });
    expect(headers).toMatchObject({ 'grpc-status': '3', 'grpc-message': text });
    await broken.opened;
    await grpc.calls.idle();
    expect(budget.usedBytes).toBe(0);
  });

  it('is refused by a handler that does not want it', async () => {
    const { client } = await start(() => {
      throw new MillraceError('permission_denied', 'not you');
    });
    const { end } = await collect(client.stream());
    expect(end).toMatchObject({ code: status.PERMISSION_DENIED, details: 'not you' });
  });

  it('whose message does not come to its end in time is cut off', async () => {
    const clock = new FakeClock();
    const first = latch();
    const { raw } = await start(() => ({ onMessage: () => first.open() }), {
      clock,
      options: { receiveTimeoutMs: 5_000 },
    });
    const stream = raw.open({ ':path': STREAM_PATH });
    const answer = answerOf(stream);
    stream.write(framed(Buffer.from('go')));
    await first.opened;
    await clock.advance(60_000);
    expect(stream.closed).toBe(false);
    stream.write(Buffer.alloc(3));
    await raw.arrived([stream]);
    await clock.advance(6_000);
    expect((await answer).headers).toMatchObject({
      'grpc-status': '4',
      'grpc-message': 'a message did not arrive in time',
    });
  });
});
