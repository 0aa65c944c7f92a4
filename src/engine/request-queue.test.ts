import { describe, expect, it } from 'vitest';
import { request } from '../../test/support/engine-fixture.js';
import { pending } from '../../test/support/pending.js';
import { RequestQueue } from './request-queue.js';

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

  it('lets tenants of a level take turns, those put behind others included', () => {
    const queue = new RequestQueue();
    const ofA = [1, 2, 3, 4].map(() => pending());
    const ofB = [1, 2].map(() => pending({ tenant: 'b' }));
    for (const item of [...ofA, ...ofB]) queue.push(item);
    expect(queue.all()).toEqual([ofA[0], ofB[0], ofA[1], ofB[1], ofA[2], ofA[3]]);
    for (const item of [...ofA, ...ofB]) queue.delay(item);
    expect(queue.all()).toEqual([ofA[0], ofB[0], ofA[1], ofB[1], ofA[2], ofA[3]]);
  });
});

describe('a place in a full queue', () => {
  const filled = (...tenants: readonly (readonly [string, number, number?])[]) => {
    const queue = new RequestQueue();
    for (const [tenant, count, weight = 1] of tenants) {
      for (let index = 0; index < count; index++) queue.push(pending({ tenant, weight, request: request(index) }));
    }
    return queue;
  };
  const displaced = (queue: RequestQueue, tenant: string, weight = 1) => {
    const item = queue.displacedBy({ level: 1, tenant, weight });
    return item && `${item.tenant} ${item.request.id}`;
  };

  it('is taken from the newest request of the tenant that has most', () => {
    expect(displaced(filled(['a', 3], ['b', 5], ['c', 2]), 'd')).toBe('b r4');
  });

  it('is counted by weight', () => {
    expect(displaced(filled(['a', 4], ['b', 6, 3]), 'c')).toBe('a r3');
    expect(displaced(filled(['a', 3], ['b', 3]), 'b', 3)).toBe('a r2');
  });

  it.each([
    ['who has most already', ['a', 5], 'a'],
    ['who would have as much as it was', ['a', 1], 'b'],
  ] as const)('is not given to a tenant %s', (_, crowd, newcomer) => {
    expect(displaced(filled(crowd), newcomer)).toBeUndefined();
  });

  it('counts what was put behind the others of its level, too', () => {
    const queue = filled(['a', 3], ['b', 2]);
    for (const item of queue.all()) if (item.tenant === 'a') queue.delay(item);
    expect(displaced(queue, 'c')).toBe('a r2');
    expect(displaced(queue, 'b')).toBeUndefined();
  });
});
