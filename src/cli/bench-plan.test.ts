import { describe, expect, it } from 'vitest';
import { type BenchPlanFlags, planBench } from './bench-plan.js';

const DEFAULTS: BenchPlanFlags = { window: 5000, windows: 3, tolerance: 10, maxWindows: 10 };
const plan = (flags: Partial<BenchPlanFlags>) => planBench({ ...DEFAULTS, ...flags });

describe('planBench', () => {
  it('presses with 1, 8 and 32 clients until they settle', () => {
    expect(plan({})).toEqual({
      levels: [1, 8, 32].map((concurrency) => ({ kind: 'concurrency', concurrency })),
      measurement: {
        kind: 'stable',
        windowMs: 5000,
        windows: 3,
        tolerance: 0.1,
        maxWindows: 10,
        percentile: undefined,
      },
    });
  });

  it('takes rates, and looks for as long or as often as told', () => {
    expect(plan({ rate: [100], poisson: true, duration: 500 })).toEqual({
      levels: [{ kind: 'rate', requestsPerSecond: 100, arrivals: 'poisson' }],
      measurement: { kind: 'duration', durationMs: 500 },
    });
    expect(plan({ rate: [100], count: 50 })).toEqual({
      levels: [{ kind: 'rate', requestsPerSecond: 100, arrivals: 'constant' }],
      measurement: { kind: 'count', requests: 50 },
    });
  });

  it('leaves room for the windows that have to agree', () => {
    expect(plan({ windows: 5, maxWindows: 2, percentile: 99 }).measurement).toMatchObject({
      maxWindows: 5,
      percentile: 99,
    });
  });

  it.each<[Partial<BenchPlanFlags>, string]>([
    [{ rate: [1], concurrency: [1] }, '--rate and --concurrency exclude each other'],
    [{ duration: 1, count: 1 }, '--duration and --count exclude each other'],
    [{ poisson: true }, '--poisson needs --rate'],
  ])('refuses %o', (flags, message) => expect(() => plan(flags)).toThrow(message));
});
