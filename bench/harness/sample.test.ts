import { describe, expect, it } from 'vitest';
import { quantileOf, spreadOf } from './sample.js';

describe('spreadOf', () => {
  it('takes the middle, or the mean of the two in the middle', () => {
    expect(spreadOf([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 });
    expect(spreadOf([4, 1, 2, 3])).toEqual({ median: 2.5, min: 1, max: 4 });
    expect(spreadOf([])).toBeUndefined();
  });
});

describe('quantileOf', () => {
  it('is the smallest value that so many do not exceed', () => {
    expect([0, 0.5, 0.75, 0.76, 1].map((share) => quantileOf([4, 1, 3, 2], share))).toEqual([1, 2, 3, 4, 4]);
    expect(() => quantileOf([], 0.5)).toThrow('no values to take a quantile of');
  });
});
