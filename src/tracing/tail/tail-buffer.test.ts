import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/support/fake-clock.js';
import { httpFinished } from '../../../test/support/finished.js';
import { principalWith } from '../../../test/support/principals.js';
import { Call, type ErrorCode, LazyTrace, MillraceError } from '../../core/index.js';
import type { EndedInference } from '../spans/inference-spans.js';
import type { Span } from '../spans/span.js';
import { TailBuffer } from './tail-buffer.js';

const NONE = { parentSpanId: undefined, sampled: false, state: undefined };

function createFixture(options = {}) {
  const clock = new FakeClock();
  const sent: string[] = [];
  const spanOf = (name: string) => ({ name, attributes: {}, links: [] }) as unknown as Span;
  const tail = new TailBuffer({
    options: { maxBytes: 10_000, maxRequests: 3, maxPerSecond: 2, ...options },
    clock,
    take: (spans) => sent.push(spans.map(({ name }) => name).join(' ')),
    make: ({ target }) => [spanOf(target.name)],
  });
  const open = () =>
    new Call({
      requestId: 'r',
      principal: principalWith('ada'),
      trace: new LazyTrace(undefined, NONE),
      deadlineAt: Number.POSITIVE_INFINITY,
      receivedAt: 0,
    });
  const inferenceOf = (call: Call, name: string) =>
    ({ call, target: { name, version: undefined } }) as unknown as EndedInference;
  const end = (call: Call, durationMs: number, code?: ErrorCode) => {
    const error = code && new MillraceError(code, 'no');
    tail.requestEnded(httpFinished({ call, error, durationMs }), () => [spanOf(`${durationMs}`)]);
  };
  /** A request for one model. */
  const send = (name: string, durationMs: number, code?: ErrorCode) => {
    const call = open();
    tail.inferenceEnded(inferenceOf(call, name));
    end(call, durationMs, code);
  };
  return { clock, sent, tail, open, inferenceOf, end, send };
}

describe('of requests that were not sampled', () => {
  it('those that have failed are sent at once, with what they have called', () => {
    const { tail, sent, open, inferenceOf, end } = createFixture();
    const call = open();
    tail.inferenceEnded(inferenceOf(call.child({ receivedAt: 0, caller: 'a' }), 'b'));
    tail.inferenceEnded(inferenceOf(call, 'a'));
    end(call, 5, 'internal');
    expect(sent).toEqual(['5 b a']);
    end(call, 5, 'internal');
    expect(sent).toHaveLength(1);
  });

  it('mistakes of callers are no failures', () => {
    const { sent, send } = createFixture({ maxPerSecond: 100 });
    const codes = ['invalid_argument', 'not_found', 'unauthenticated', 'permission_denied', 'quota_exceeded'] as const;
    for (const code of [...codes, 'cancelled' as const]) send('m', 1, code);
    expect(sent).toEqual([]);
    for (const code of ['unavailable', 'resource_exhausted', 'deadline_exceeded'] as const) send('m', 1, code);
    expect(sent).toHaveLength(3);
  });

  it('no more failures are sent in a second than may be', async () => {
    const { clock, sent, send } = createFixture();
    for (let request = 0; request < 5; request++) send('m', 1, 'internal');
    expect(sent).toHaveLength(2);
    await clock.advance(1_000);
    send('m', 1, 'internal');
    expect(sent).toHaveLength(3);
  });

  it('the slowest of each model is sent each minute', async () => {
    const { clock, sent, send, tail } = createFixture();
    for (const durationMs of [3, 9, 4]) send('a', durationMs);
    send('b', 1);
    await clock.advance(59_999);
    expect(sent).toEqual([]);
    await clock.advance(1);
    expect(sent).toEqual(['9 a', '1 b']);
    expect(tail.heldBytes).toBe(0);
    send('a', 2);
    await clock.advance(60_000);
    expect(sent).toEqual(['9 a', '1 b', '2 a']);
  });

  it('the slowest are sent at the end as well', () => {
    const { sent, send, tail } = createFixture();
    send('a', 3);
    tail.close();
    expect(sent).toEqual(['3 a']);
  });

  it('as many are kept as may be, and their spans take no more memory than they may', () => {
    const many = createFixture();
    for (const model of ['a', 'b', 'c', 'd']) many.send(model, 1);
    many.tail.close();
    expect(many.sent).toEqual(['1 a', '1 b', '1 c']);
    const { tail, sent, send } = createFixture({ maxBytes: 2_500 });
    for (const model of ['a', 'b', 'c', 'd']) send(model, 1);
    expect(tail.heldBytes).toBeLessThanOrEqual(2_500);
    tail.close();
    expect(sent).toEqual(['1 a', '1 b']);
  });

  it('of a request that calls without end, 64 inferences are known', () => {
    const { tail, sent, open, inferenceOf, end } = createFixture();
    const call = open();
    for (let count = 0; count < 100; count++) tail.inferenceEnded(inferenceOf(call, 'm'));
    end(call, 1, 'internal');
    expect(sent[0]?.split(' ')).toHaveLength(65);
  });

  it('a request without an inference is not known', () => {
    const { sent, open, end } = createFixture();
    end(open(), 1, 'internal');
    expect(sent).toEqual([]);
  });
});
