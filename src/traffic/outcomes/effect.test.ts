import { describe, expect, it } from 'vitest';
import { effectOf, meanInterval, type Sample } from './effect.js';

const rate = (successes: number, count: number): Sample => ({
  kind: 'binary',
  count,
  mean: successes / count,
  squares: 0,
});

function sampleOf(values: readonly number[]): Sample {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { kind: 'number', count: values.length, mean, squares: values.reduce((sum, v) => sum + (v - mean) ** 2, 0) };
}

const near = (low: number, high: number, digits = 4) => ({
  low: expect.closeTo(low, digits),
  high: expect.closeTo(high, digits),
});

describe('an interval', () => {
  it('of a rate is Wilson’s, as Newcombe (1998) prints it', () => {
    expect(meanInterval(rate(81, 263))).toEqual(near(0.2553, 0.3662));
    expect(meanInterval(rate(15, 148))).toEqual(near(0.0624, 0.1605));
    expect(meanInterval(rate(0, 20))).toEqual(near(0, 0.1611));
    expect(meanInterval(rate(1, 29))).toEqual(near(0.0061, 0.1718));
    expect(meanInterval(rate(0, 0))).toBeUndefined();
  });

  it('of a mean is Student’s', () => {
    // 3 ± 2.7764 · 0.7071
    expect(meanInterval(sampleOf([1, 2, 3, 4, 5]))).toEqual(near(1.0368, 4.9632, 2));
    expect(meanInterval(sampleOf([1]))).toBeUndefined();
  });
});

describe('an effect', () => {
  it('of rates is Newcombe’s, as he prints it', () => {
    expect(effectOf(rate(56, 70), rate(48, 80))).toMatchObject({
      difference: expect.closeTo(0.2, 6),
      differenceInterval: near(0.0524, 0.3339),
    });
    expect(effectOf(rate(9, 10), rate(3, 10))?.differenceInterval).toEqual(near(0.1705, 0.809));
    expect(effectOf(rate(10, 10), rate(0, 20))?.differenceInterval).toEqual(near(0.6791, 1));
  });

  it('has a ratio, with Katz’ interval, where both rates are above 0', () => {
    // exp(log(2) ± 1.96 · sqrt(1/20 − 1/100 + 1/10 − 1/100))
    expect(effectOf(rate(20, 100), rate(10, 100))).toMatchObject({ ratio: 2, ratioInterval: near(0.9866, 4.0543, 3) });
    expect(effectOf(rate(20, 100), rate(0, 100))).toMatchObject({ ratio: undefined, ratioInterval: undefined });
  });

  it('of means is Welch’s', () => {
    // 7.96 degrees of freedom, t = 2.308, standard error 1.5366.
    const effect = effectOf(sampleOf([3, 4, 5, 6, 7, 8]), sampleOf([1, 2, 3, 4, 10, 2]));
    expect(effect?.difference).toBeCloseTo(1.8333, 4);
    expect(effect?.differenceInterval).toEqual(near(-1.713, 5.38, 2));
  });

  it('needs enough outcomes of the same kind', () => {
    expect(effectOf(sampleOf([1]), sampleOf([1, 2]))).toBeUndefined();
    expect(effectOf(rate(1, 2), sampleOf([1, 2]))).toBeUndefined();
    expect(effectOf(rate(0, 0), rate(1, 2))).toBeUndefined();
    expect(effectOf(sampleOf([1, 1]), sampleOf([2, 2]))).toMatchObject({ differenceInterval: { low: -1, high: -1 } });
  });
});
