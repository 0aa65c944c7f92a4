import { describe, expect, it } from 'vitest';
import { ratioInterval, studentQuantile } from './interval.js';

describe('the interval of a ratio', () => {
  it('is around the geometric mean, as wide as few rounds are uncertain', () => {
    const { ratio, low, high } = ratioInterval([0.5, 2]) ?? { ratio: 0, low: 0, high: 0 };
    expect(ratio).toBeCloseTo(1);
    expect(low * high).toBeCloseTo(1);
    expect(Math.log(high)).toBeCloseTo(12.7062 * Math.LN2);
  });

  it('is the mean itself where all rounds agree, and unknown of one round', () => {
    expect(ratioInterval([1.5, 1.5, 1.5])).toEqual({ ratio: 1.5, low: 1.5, high: 1.5 });
    expect(ratioInterval([1.5])).toBeUndefined();
  });

  it.each([
    [1, 12.7062],
    [10, 2.2281],
    [11, 2.201],
    [14, 2.1448],
    [29, 2.0452],
    [1_000, 1.9623],
  ])('reaches as far as the tables of Student say for %i degrees of freedom', (freedom, expected) => {
    expect(studentQuantile(freedom)).toBeCloseTo(expected, 3);
  });
});
