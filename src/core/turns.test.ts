import { expect, it, vi } from 'vitest';
import { FakeClock } from '../../test/support/fake-clock.js';
import { until } from '../../test/support/until.js';
import { Turns } from './turns.js';

it('gives each who asks a turn of the event loop of its own, in the order of asking', async () => {
  const deferred: (() => void)[] = [];
  const clock = new FakeClock();
  clock.defer = (callback) => deferred.push(callback);
  const turns = new Turns(clock);
  const done: string[] = [];
  const work = async (name: string) => {
    for (const slice of [1, 2]) {
      await turns.next();
      done.push(`${name}${slice}`);
    }
  };
  const all = Promise.all([work('a'), work('b')]);
  const counts: number[] = [];
  while (deferred.length > 0) {
    expect(deferred).toHaveLength(1);
    deferred.shift()?.();
    await new Promise(setImmediate);
    counts.push(done.length);
  }
  await all;
  expect(done).toEqual(['a1', 'b1', 'a2', 'b2']);
  expect(counts).toEqual([1, 2, 3, 4]);
});

it('works on so many items a turn', async () => {
  const deferred: (() => void)[] = [];
  const clock = new FakeClock();
  clock.defer = (callback) => deferred.push(callback);
  const worked: number[] = [];
  const all = new Turns(clock).map([1, 2, 3, 4, 5], 2, (item) => {
    worked.push(item);
    return item * 10;
  });
  for (const done of [
    [1, 2],
    [1, 2, 3, 4],
  ]) {
    await until('another turn is asked for', () => deferred.length === 1);
    expect(worked).toEqual(done);
    deferred.shift()?.();
  }
  expect(await all).toEqual([10, 20, 30, 40, 50]);
});

it('joins pieces, a few megabytes in a turn', async () => {
  let asked = 0;
  const clock = new FakeClock();
  clock.defer = (callback) => {
    asked++;
    queueMicrotask(callback);
  };
  const piece = new Uint8Array(2 ** 20).fill(7);
  const whole = await new Turns(clock).join([...new Array(6).fill(piece), Uint8Array.of(1, 2)]);
  expect([whole.length, whole[0], whole.at(-1)]).toEqual([6 * 2 ** 20 + 2, 7, 2]);
  expect(asked).toBe(3);
  expect(await new Turns(clock).join([piece])).toBe(piece);
});

it('copies of a large piece no more than that in a turn either', async () => {
  const clock = new FakeClock();
  clock.defer = queueMicrotask;
  const copied = vi.spyOn(Uint8Array.prototype, 'set');
  const large = new Uint8Array(9 * 2 ** 20).fill(7);
  const whole = await new Turns(clock).join([Uint8Array.of(1), large]);
  expect(Math.max(...copied.mock.calls.map(([slice]) => slice.length))).toBeLessThanOrEqual(2 ** 21);
  copied.mockRestore();
  expect([whole.length, whole[0], whole[1], whole.at(-1)]).toEqual([9 * 2 ** 20 + 1, 1, 7, 7]);
});
