import { describe, expect, it } from 'vitest';
import { differenceDomain, evidenceDomain, linear, logarithmic, logTicks, ticks, timeTicks } from './scales.js';
import type { Metric } from './types.js';

const metric = (change: Partial<Metric> = {}): Metric => ({
  name: 'errors',
  kind: 'open',
  difference: { low: -0.01, high: 0.03 },
  margin: { low: -1, high: 0.02 },
  evidence: 1,
  limit: 80,
  observations: { stable: 1, canary: 1 },
  ...change,
});

describe('scales', () => {
  it('map their domain to the range, and keep what is beyond at its edge', () => {
    const y = linear({ low: -1, high: 1 }, [100, 0]);
    expect([-1, 0, 1, 5, -5].map(y)).toEqual([100, 50, 0, 0, 100]);
  });

  it('give each power of ten as much room', () => {
    const y = logarithmic({ low: 1, high: 100 }, [200, 0]);
    expect([0, 1, 10, 100, 1e9].map((value) => Math.round(y(value)))).toEqual([200, 200, 100, 0, 0]);
  });

  it('of a domain without a size stay at its beginning', () => {
    expect(linear({ low: 3, high: 3 }, [10, 20])(3)).toBe(10);
  });
});

describe('ticks', () => {
  it('are round, and within the domain', () => {
    expect(ticks({ low: -0.03, high: 0.05 }, 4)).toEqual([-0.02, 0, 0.02, 0.04]);
    expect(ticks({ low: 0, high: 1 }, 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(ticks({ low: 1, high: 1 }, 5)).toEqual([1]);
  });

  it('of logarithmic scales are powers of ten, at most as many as there is room for', () => {
    expect(logTicks({ low: 1, high: 240 }, 6)).toEqual([1, 10, 100]);
    expect(logTicks({ low: 1, high: 1e9 }, 4)).toEqual([1, 1e3, 1e6, 1e9]);
  });

  it.each([
    [70_000, 5, [0, 15_000, 30_000, 45_000, 60_000]],
    [7_200_000, 4, [0, 1_800_000, 3_600_000, 5_400_000, 7_200_000]],
    [40 * 86_400_000, 2, [0, 20 * 86_400_000, 40 * 86_400_000]],
    [0, 5, [0]],
  ])('of %i ms, at most %i, are %j', (spanMs, most, expected) => {
    expect(timeTicks(spanMs, most)).toEqual(expected);
  });
});

describe('a chart of evidence', () => {
  it('spans 1 and the limit, whatever was measured', () => {
    expect(evidenceDomain([])).toEqual({ low: 1, high: 3 });
    expect(evidenceDomain([metric()])).toEqual({ low: 1, high: 240 });
    expect(evidenceDomain([metric({ evidence: 0.2 }), metric({ evidence: 4_000 })])).toEqual({ low: 0.2, high: 6_000 });
  });

  it('does not grow beyond what the limit can be seen beside', () => {
    expect(evidenceDomain([metric({ evidence: 1e250 })])).toEqual({ low: 1, high: 80_000 });
  });
});

describe('a chart of differences', () => {
  const span = (change: Partial<Metric> = {}, { margin, ...rest } = metric(change)) => {
    const { low, high } = differenceDomain([margin === undefined ? rest : { margin, ...rest }]);
    return [low, high].map((side) => Number(side.toFixed(4)));
  };

  it('spans 0 and the margin on both sides, and no more than three margins', () => {
    expect(span({})).toEqual([-0.032, 0.033]);
    expect(span({ difference: { low: -1, high: 1 } })).toEqual([-0.06, 0.06]);
    expect(span({ difference: { low: 0, high: 0 }, margin: { low: -0.1, high: 0.1 } })).toEqual([-0.16, 0.16]);
    expect(span({ margin: { low: -0.9, high: 1 } })).toEqual([-1, 1]);
  });

  it('without a margin spans what there is', () => {
    const { margin: _, ...unlimited } = metric();
    expect(span({}, unlimited)).toEqual([-0.08, 0.08]);
  });
});
