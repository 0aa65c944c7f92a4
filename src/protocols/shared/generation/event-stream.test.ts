import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { invalidArgument } from '../../../core/index.js';
import { event, eventStream, HEARTBEAT_MS, type StreamEnd } from './event-stream.js';

const DONE = 'data: [DONE]\n\n';
const END: StreamEnd = { failed: ({ message }) => event({ problem: message }), last: DONE };

async function allOf(stream: AsyncIterable<string | Uint8Array>): Promise<readonly unknown[]> {
  const all: unknown[] = [];
  for await (const each of stream) all.push(each);
  return all;
}

describe('eventStream', () => {
  it('ends with what ends all of them', async () => {
    const { stream, headers } = eventStream(
      (async function* () {
        yield event({ a: 1 });
      })(),
      new FakeClock(),
      END,
    );
    expect(headers['content-type']).toBe('text/event-stream; charset=utf-8');
    expect(await allOf(stream)).toEqual(['data: {"a":1}\n\n', DONE]);
  });

  it('throws what goes wrong before the first event', async () => {
    const { stream } = eventStream(
      // biome-ignore lint/correctness/useYield: it fails before it could
      (async function* (): AsyncGenerator<string> {
        throw invalidArgument('no');
      })(),
      new FakeClock(),
      END,
    );
    await expect(allOf(stream)).rejects.toThrow('no');
  });

  it('tells what goes wrong later in an event, and ends', async () => {
    const { stream } = eventStream(
      (async function* () {
        yield event({ a: 1 });
        throw invalidArgument('no');
      })(),
      new FakeClock(),
      END,
    );
    expect(await allOf(stream)).toEqual(['data: {"a":1}\n\n', event({ problem: 'no' }), DONE]);
  });

  it('sends a comment where nothing comes for a while, as often as that is so', async () => {
    const clock = new FakeClock();
    let release: () => void = () => undefined;
    const waiting = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { stream } = eventStream(
      (async function* () {
        await waiting;
        yield event({ a: 1 });
      })(),
      clock,
      END,
    );
    const iterator = stream[Symbol.asyncIterator]();
    for (let beat = 0; beat < 3; beat++) {
      const next = iterator.next();
      await clock.advance(HEARTBEAT_MS);
      expect((await next).value).toBe(': keep-alive\n\n');
    }
    const next = iterator.next();
    release();
    expect((await next).value).toBe('data: {"a":1}\n\n');
    expect((await iterator.next()).value).toBe(DONE);
    expect(clock.pendingTimers).toBe(0);
  });

  it('ends what makes the events when nobody reads on', async () => {
    let ended = false;
    const { stream } = eventStream(
      (async function* () {
        try {
          yield event({});
          yield event({});
        } finally {
          ended = true;
        }
      })(),
      new FakeClock(),
      END,
    );
    for await (const _ of stream) break;
    expect(ended).toBe(true);
  });
});
