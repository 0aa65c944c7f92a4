import { describe, expect, it } from 'vitest';
import { MAX_OUTAGE_MS, planRetry } from './outages.js';

const NO_LIMIT = Number.POSITIVE_INFINITY;

describe('planRetry', () => {
  const retryAfter = (failedLooks: number, durationMs = 0, leftMs = NO_LIMIT) =>
    planRetry({ failedLooks, durationMs, leftMs });

  it('doubles the delay from one second to fifteen', () => {
    expect([1, 2, 3, 4, 5, 6, 2_000].map((failedLooks) => retryAfter(failedLooks))).toEqual([
      1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000,
    ]);
  });

  it('gives up after five minutes, with a last look at their end', () => {
    expect(MAX_OUTAGE_MS).toBe(300_000);
    expect(retryAfter(30, 299_000)).toBe(1_000);
    expect(retryAfter(31, 300_000)).toBeUndefined();
  });

  it('gives up when the time is up', () => {
    expect(retryAfter(2, 1_000, 500)).toBe(500);
    expect(retryAfter(3, 1_500, 0)).toBeUndefined();
  });
});
