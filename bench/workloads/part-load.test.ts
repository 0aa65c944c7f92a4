import { describe, expect, it } from 'vitest';
import { shareOfPipe, slowestRate } from './part-load.js';

const reaching = (name: string, ...rates: readonly number[]) => ({
  name,
  samples: rates.map((requestsPerSecond) => ({ requestsPerSecond })),
});

describe('the highest rate of all', () => {
  it('is the median of the slowest', () => {
    const contestants = [reaching('millrace', 30_000, 10_000, 29_000), reaching('peer', 16_001, 15_000, 40_000)];
    expect(slowestRate(contestants)).toBe(16_001);
  });

  it.each([
    ['nobody took part', []],
    ['one of them answered nothing', [reaching('millrace', 30_000), reaching('peer')]],
  ])('is unknown when %s', (_why, contestants) => {
    expect(() => slowestRate(contestants)).toThrow('no highest rate to take a part of');
  });
});

describe('the share of the runner and its pipe', () => {
  const costing = (name: string, ...costs: readonly number[]) => ({
    name,
    samples: costs.map((cpuUsPerRequest) => ({ cpuUsPerRequest })),
  });

  it('is what a model in the process of the server does not need', () => {
    const contestants = [costing('millrace inline', 30, 29, 31), costing('millrace', 50, 40, 90)];
    expect(shareOfPipe(contestants)).toBe('the runner and its pipe take 40 % of the CPU of a request');
  });

  it('is not known where one of both is missing', () => {
    expect(shareOfPipe([costing('millrace', 50)])).toBe('the share of the runner and its pipe is not known');
  });
});
