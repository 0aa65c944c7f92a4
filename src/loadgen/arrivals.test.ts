import { describe, expect, it } from 'vitest';
import { createRandom } from '../statistics/index.js';
import { createGaps } from './arrivals.js';

describe('createGaps', () => {
  it('spaces constant arrivals evenly', () => {
    const gaps = createGaps({ requestsPerSecond: 200, arrivals: 'constant', random: Math.random });
    expect([gaps(), gaps()]).toEqual([5, 5]);
  });

  it('draws Poisson arrivals whose gaps have the mean and the deviation of an exponential distribution', () => {
    const gaps = createGaps({ requestsPerSecond: 100, arrivals: 'poisson', random: createRandom(7) });
    const drawn = Array.from({ length: 50_000 }, gaps);
    const mean = drawn.reduce((sum, gap) => sum + gap, 0) / drawn.length;
    const deviation = Math.sqrt(drawn.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / drawn.length);
    expect(mean).toBeCloseTo(10, 0);
    expect(deviation).toBeCloseTo(10, 0);
  });
});
