import { describe, expect, it } from 'vitest';
import { BusyClock } from '../../test/support/busy-clock.js';
import { SpareTime } from './spare-time.js';

function createFixture({ jobMs = 0, othersMs = 0 } = {}) {
  const clock = new BusyClock();
  clock.othersMs = othersMs;
  const spareTime = new SpareTime(clock);
  const done: number[] = [];
  /** How many jobs each turn has done. */
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
      clock.spentMs += jobMs;
      done.push(number);
    });
  return { clock, spareTime, done, turns, add };
}

describe('work in spare time', () => {
  it('is done in order, in a later turn', async () => {
    const { clock, done, add } = createFixture();
    for (const number of [1, 2, 3]) add(number);
    expect(done).toEqual([]);
    await clock.flush();
    expect(done).toEqual([1, 2, 3]);
  });

  it('takes 30 µs of a turn, or one job, behind one that had nothing to do', async () => {
    const { clock, turns, add } = createFixture({ jobMs: 0.02 });
    for (let number = 0; number < 7; number++) add(number);
    await clock.flush();
    expect(turns).toEqual([0, 2, 2, 2, 1]);
  });

  it('leaves turns to others for as long as they have something to do', async () => {
    const { clock, turns, add } = createFixture({ othersMs: 0.04 });
    add(1);
    await clock.flush();
    expect(turns.every((jobs) => jobs === 0)).toBe(true);
    clock.othersMs = 0;
    await clock.flush();
    expect(turns.at(-1)).toBe(1);
  });

  it('takes a twentieth of the time where others always have, but no more than 2 ms of one turn', async () => {
    for (const [othersMs, expected] of [
      [4, [0, 0, 5, 0, 0, 5]],
      [12, [5, 5]],
      [100, [16, 16]],
    ] as const) {
      const { clock, turns, add } = createFixture({ jobMs: 0.125, othersMs });
      for (let number = 0; number < 50; number++) add(number);
      await clock.flush();
      expect(turns.slice(0, expected.length)).toEqual(expected);
    }
  });

  it('may ask for more work, which comes behind the rest', async () => {
    const { clock, spareTime, done, turns, add } = createFixture();
    spareTime.do(() => add(2));
    add(1);
    await clock.flush();
    expect(done).toEqual([1, 2]);
    expect(turns).toEqual([0, 2]);
  });

  it('begins anew when there was nothing to do', async () => {
    const { clock, done, add } = createFixture();
    add(1);
    await clock.flush();
    await clock.advance(1_000);
    clock.othersMs = 0.4;
    add(2);
    await clock.flush();
    expect(done).toEqual([1]);
  });
});
