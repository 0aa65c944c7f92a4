import { describe, expect, it } from 'vitest';
import { RunTimes } from './run-times.js';

const LINE = new RunTimes([1, 2, 4, 8].map((rows) => ({ rows, runsMs: [2 + 0.5 * rows] })));

describe('RunTimes', () => {
  it('finds the fixed part and the part of each row', () => {
    expect(LINE.fixedMs).toBeCloseTo(2, 9);
    expect(LINE.perRowMs).toBeCloseTo(0.5, 9);
  });

  it('interpolates between the sizes that were measured, and extends the line beyond them', () => {
    expect(LINE.meanMs(3)).toBeCloseTo(3.5, 9);
    expect(LINE.meanMs(16)).toBeCloseTo(10, 9);
    expect(LINE.quantileMs(6, 0.99)).toBeCloseTo(5, 9);
  });

  it('keeps the distribution of each size', () => {
    const times = new RunTimes([
      { rows: 4, runsMs: [8, 2, 4, 6] },
      { rows: 1, runsMs: [1, 3] },
    ]);
    expect([0, 0.25, 0.5, 0.75, 0.999].map((share) => times.quantileMs(4, share))).toEqual([2, 4, 6, 8, 8]);
    expect(times.quantileMs(1, 0.4)).toBe(1);
    expect(times.quantileMs(1, 0.6)).toBe(3);
    expect(times.meanMs(4)).toBe(5);
  });

  it('takes a row to cost the same in every batch where one size was measured', () => {
    const times = new RunTimes([{ rows: 2, runsMs: [3] }]);
    expect([times.fixedMs, times.perRowMs, times.meanMs(4)]).toEqual([0, 1.5, 6]);
  });

  it('has no negative parts', () => {
    const growing = new RunTimes([1, 2, 4].map((rows) => ({ rows, runsMs: [rows ** 1.5] })));
    expect(growing.fixedMs).toBe(0);
    const shrinking = new RunTimes([1, 2, 4].map((rows) => ({ rows, runsMs: [5 - rows] })));
    expect(shrinking.perRowMs).toBe(0);
    expect(shrinking.meanMs(100)).toBeGreaterThan(0);
  });

  it('needs a measurement of each size', () => {
    expect(() => new RunTimes([])).toThrow('run times: nothing was measured');
    expect(() => new RunTimes([{ rows: 1, runsMs: [] }])).toThrow('run times: nothing was measured');
  });
});
