import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../test/support/random.js';
import { addTo, boundedMeanOf, createMoments, meanOf, shareOf, studentQuantile } from './intervals.js';

const momentsOf = (values: readonly number[]) => {
  const moments = createMoments();
  for (const value of values) addTo(moments, value);
  return moments;
};

describe('a share', () => {
  it.each([
    // Newcombe 1998, table I, and what follows for none and all.
    { count: 81, total: 263, low: 0.2553, high: 0.3662 },
    { count: 15, total: 148, low: 0.0624, high: 0.1605 },
    { count: 0, total: 20, low: 0, high: 0.1611 },
    { count: 29, total: 29, low: 0.883, high: 1 },
  ])('of $count among $total has the Wilson interval', ({ count, total, low, high }) => {
    const share = shareOf(count, total);
    expect(share?.low).toBeCloseTo(low, 4);
    expect(share?.high).toBeCloseTo(high, 4);
  });

  it('of nothing is unknown', () => {
    expect(shareOf(0, 0)).toBeUndefined();
  });

  it('lies within its interval, which lies within 0 and 1', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), fc.double({ min: 0, max: 1, noNaN: true }), (total, part) => {
        const share = shareOf(Math.floor(part * total), total);
        const { value, low, high } = share as NonNullable<typeof share>;
        expect(0 <= low && low <= value && value <= high && high <= 1).toBe(true);
      }),
    );
  });
});

describe('a mean', () => {
  it('has the interval of Student', () => {
    // 5.48 ± 2.7764 · 0.5119 / √5
    const mean = meanOf(momentsOf([5.1, 4.9, 6.2, 5.7, 5.5]));
    expect(mean?.value).toBeCloseTo(5.48, 10);
    expect(mean?.low).toBeCloseTo(4.8444, 2);
    expect(mean?.high).toBeCloseTo(6.1156, 2);
  });

  it.each([
    [1, 12.7062],
    [2, 4.3027],
    [3, 3.1824],
    [4, 2.7764],
    [5, 2.5706],
    [10, 2.2281],
    [30, 2.0423],
    [1_000, 1.9623],
  ])('of %d degrees of freedom is within %d standard errors', (degrees, expected) => {
    expect(Math.abs(studentQuantile(degrees) - expected)).toBeLessThan(0.0095);
  });

  it('of values within 0 and 1 is within them, and covers the truth in at least 95 of 100 samples', () => {
    const random = new Random(1);
    let covered = 0;
    for (let sample = 0; sample < 500; sample++) {
      // 1 in 50 is 1, all others 0: what a normal interval gets wrong.
      const interval = boundedMeanOf(momentsOf(Array.from({ length: 100 }, () => Number(random.chance(0.02)))));
      const { low, high } = interval as NonNullable<typeof interval>;
      expect(low >= 0 && high <= 1).toBe(true);
      if (low <= 0.02 && 0.02 <= high) covered++;
    }
    expect(covered).toBeGreaterThanOrEqual(475);
  });

  it('of one value says nothing', () => {
    expect(meanOf(momentsOf([3]))).toEqual({ value: 3, low: -Infinity, high: Infinity });
    expect(boundedMeanOf(momentsOf([0.5]))).toEqual({ value: 0.5, low: 0, high: 1 });
    expect(meanOf(momentsOf([]))).toBeUndefined();
    expect(boundedMeanOf(momentsOf([]))).toBeUndefined();
  });
});
