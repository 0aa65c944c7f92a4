import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketsOf, count, type Histogram, quantileOf } from './histogram.js';

function histogramOf(values: readonly number[]): Histogram {
  const histogram: Histogram = {};
  for (const value of values) count(histogram, value);
  return histogram;
}

describe('a histogram', () => {
  it('counts by size, what is 0 by itself', () => {
    expect(bucketsOf(histogramOf([0, 1, 1.2, 100]))).toEqual([
      { low: 0, high: 0, count: 1 },
      { low: 1, high: 10 ** 0.2, count: 2 },
      { low: 100, high: 10 ** 2.2, count: 1 },
    ]);
  });

  it('never has more than 242 buckets, and loses nothing', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true })), (values) => {
        const buckets = bucketsOf(histogramOf(values));
        expect(buckets.length).toBeLessThanOrEqual(242);
        expect(buckets.reduce((sum, bucket) => sum + bucket.count, 0)).toBe(values.length);
      }),
    );
  });

  it('knows quantiles to within a bucket', () => {
    const buckets = bucketsOf(histogramOf(Array.from({ length: 1_000 }, (_, index) => index + 1)));
    expect(quantileOf(buckets, 0.5)).toBeCloseTo(500, -2);
    expect((quantileOf(buckets, 0.99) ?? 0) / 990).toBeGreaterThan(0.8);
    expect(quantileOf(bucketsOf(histogramOf([0, 0, 5])), 0.5)).toBe(0);
    expect(quantileOf(bucketsOf({}), 0.5)).toBeUndefined();
  });
});
