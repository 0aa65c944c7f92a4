import { describe, expect, it } from 'vitest';
import { call, Outcome, request } from '../../test/support/engine-fixture.js';
import type { Pending } from './pending.js';
import { RequestQueue } from './request-queue.js';

let lastId = 0;

function pending(fields: Partial<Pending> = {}): Pending {
  return {
    callId: ++lastId,
    request: request(1),
    checked: { inputs: [], rows: 1, sizeBytes: 10, shapeKey: '', outputs: undefined },
    call: call(),
    sink: new Outcome(),
    sequence: undefined,
    failed: false,
    level: 1,
    rows: 1,
    cost: 10,
    affinityKey: undefined,
    shapeKey: '',
    enqueuedAt: 0,
    place: 'queued',
    ended: false,
    alone: false,
    kills: 0,
    responses: 0,
    delayed: false,
    waitMs: Number.POSITIVE_INFINITY,
    expiry: undefined,
    moved: undefined,
    runner: undefined,
    credit: 32,
    waitsForReader: false,
    lastSignAt: 0,
    lastAnswerAt: 0,
    awaitedCalls: 0,
    awaitedSince: 0,
    before: undefined,
    behind: undefined,
    ...fields,
  };
}

describe('RequestQueue', () => {
  it('orders suspects, then levels, each with its delayed ones at its end', () => {
    const queue = new RequestQueue();
    const low = pending({ level: 2 });
    const late = pending();
    const high = pending();
    const suspect = pending({ alone: true });
    for (const item of [low, late, high, suspect]) queue.push(item);
    queue.delay(late);
    expect(queue.all()).toEqual([suspect, high, late, low]);
    expect(queue).toMatchObject({ length: 4, sizeBytes: 40 });
    expect([queue.lengthOfLevel(1), queue.lengthOfLevel(2)]).toEqual([2, 1]);
  });

  it('forgets leavers anywhere, thousands of times, and keeps the order of the others', () => {
    const queue = new RequestQueue();
    const items = Array.from({ length: 5_000 }, () => pending());
    for (const item of items) queue.push(item);
    for (const item of items) if (item.callId % 3 !== 0) queue.remove(item, 'gone');
    expect(queue.all()).toEqual(items.filter((item) => item.callId % 3 === 0));
    for (const item of queue.all()) queue.remove(item, 'executing');
    expect(queue).toMatchObject({ length: 0, sizeBytes: 0 });
    const next = pending();
    queue.push(next);
    expect(queue.peek(5)).toEqual([next]);
  });

  it('puts items back in front of their level', () => {
    const queue = new RequestQueue();
    const [first, second] = [pending(), pending()];
    queue.push(first);
    queue.remove(first, 'executing');
    queue.push(second);
    queue.pushFront([first]);
    expect(queue.all()).toEqual([first, second]);
  });

  it('has levels without number, and keeps only those that are in use', () => {
    const queue = new RequestQueue();
    const numbers = [2 ** 53, 7, 2 ** 64 - 2 ** 11, 1];
    const items = numbers.map((level) => pending({ level }));
    for (const item of items) queue.push(item);
    expect(queue.all().map(({ level }) => level)).toEqual(numbers.toSorted((a, b) => a - b));
    expect(numbers.map((level) => queue.lengthOfLevel(level))).toEqual([1, 1, 1, 1]);
    for (const item of items) queue.remove(item, 'gone');
    for (let level = 1; level <= 1_000; level++) queue.push(pending({ level }));
    expect(queue.lengthOfLevel(1_001)).toBe(Number.POSITIVE_INFINITY);
    expect(queue.lengthOfLevel(1_000)).toBe(1);
    expect(queue.length).toBe(1_000);
  });
});
