import { describe, expect, it } from 'vitest';
import { comfortableRate } from './open-loop.js';

const reaching = (name: string, ...rates: readonly number[]) => ({
  name,
  samples: rates.map((requestsPerSecond) => ({ requestsPerSecond })),
});

describe('the rate of the open loop', () => {
  it('is half of the median of the slowest', () => {
    const contestants = [reaching('millrace', 30_000, 10_000, 29_000), reaching('peer', 16_001, 15_000, 40_000)];
    expect(comfortableRate(contestants)).toBe(8_001);
  });

  it.each([
    ['nobody took part', []],
    ['one of them answered nothing', [reaching('millrace', 30_000), reaching('peer')]],
  ])('is unknown when %s', (_why, contestants) => {
    expect(() => comfortableRate(contestants)).toThrow('no highest rate to take half of');
  });
});
