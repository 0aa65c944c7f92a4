import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/support/fake-clock.js';
import { SpareTime } from './spare-time.js';

/** A clock on which each job takes a while. */
class WorkClock extends FakeClock {
  spent = 0;

  override now(): number {
    return super.now() + this.spent;
  }
}

function createFixture(jobMs: number) {
  const clock = new WorkClock();
  const spareTime = new SpareTime(clock);
  const done: number[] = [];
  const turns: number[] = [];
  const defer = clock.defer.bind(clock);
  clock.defer = (callback) =>
    defer(() => {
      const before = done.length;
      callback();
      turns.push(done.length - before);
    });
  const add = (number: number) =>
    spareTime.do(() => {
      clock.spent += jobMs;
      done.push(number);
    });
  return { clock, spareTime, done, turns, add };
}

describe('work in spare time', () => {
  it('is done in order, in a later turn', async () => {
    const { clock, done, add } = createFixture(0);
    for (const number of [1, 2, 3]) add(number);
    expect(done).toEqual([]);
    await clock.flush();
    expect(done).toEqual([1, 2, 3]);
  });

  it('takes a tenth of a millisecond of each turn, or one job', async () => {
    const { clock, turns, add } = createFixture(0.04);
    for (let number = 0; number < 7; number++) add(number);
    await clock.flush();
    expect(turns).toEqual([3, 3, 1]);
  });

  it('takes a quarter of the time where turns are long, but no more than 2 ms of one', async () => {
    for (const [turnMs, jobs] of [
      [4, 10],
      [100, 20],
    ] as const) {
      const { clock, turns, add } = createFixture(0.1);
      for (let number = 0; number < 50; number++) add(number);
      clock.spent += turnMs;
      await clock.flush();
      expect(turns.slice(0, 2)).toEqual([jobs, 1]);
    }
  });

  it('may add more work, which runs after the rest', async () => {
    const { clock, spareTime, done, turns, add } = createFixture(0);
    spareTime.do(() => add(2));
    add(1);
    await clock.flush();
    expect(done).toEqual([1, 2]);
    expect(turns).toEqual([2]);
  });
});
