import { describe, expect, it } from 'vitest';
import { createRandom } from '../statistics/index.js';
import { Timetable } from './timetable.js';

describe('Timetable', () => {
  it('does what is due, soonest first, and of the same time what was added first', () => {
    const random = createRandom(3);
    const timetable = new Timetable();
    const done: [at: number, order: number][] = [];
    for (let order = 0; order < 1_000; order++) {
      const at = Math.floor(random() * 100);
      timetable.add(at, () => done.push([at, order]));
    }
    timetable.runUntil(49);
    expect(done.every(([at]) => at <= 49)).toBe(true);
    expect(timetable.nextAt).toBe(50);
    timetable.runUntil(100);
    expect(done).toEqual([...done].sort(([one, first], [other, second]) => one - other || first - second));
    expect(done).toHaveLength(1_000);
    expect(timetable.nextAt).toBe(Number.POSITIVE_INFINITY);
  });

  it('does what is added meanwhile and due as well', () => {
    const timetable = new Timetable();
    const done: string[] = [];
    timetable.add(1, () => {
      done.push('first');
      timetable.add(1, () => done.push('second'));
    });
    timetable.runUntil(1);
    expect(done).toEqual(['first', 'second']);
  });
});
