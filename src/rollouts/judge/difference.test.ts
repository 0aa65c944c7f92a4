import { expect, it } from 'vitest';
import { canaryUntilWithin, interval, isWithin } from './difference.js';

const MARGIN = { low: -1, high: 0.02 };

/** So many requests of canary, a share of which has the trait, beside as many of stable. */
function seen(requests: number, canaryShare: number, stableShare: number) {
  const [canary, expected] = [requests * canaryShare, requests * stableShare];
  return {
    compared: { canary: requests, blur: requests },
    seen: { canary, canarySquares: canary, expected, expectedSquares: expected },
  };
}

it('the requests until the difference is within a margin are as many as it takes', () => {
  const needed = canaryUntilWithin(seen(200, 0.01, 0.01), 0.05, MARGIN);
  expect(needed).toBeGreaterThan(200);
  const at = (requests: number) => {
    const { compared, seen: sums } = seen(requests, 0.01, 0.01);
    return isWithin(interval(compared, sums, 0.05), MARGIN);
  };
  expect([at((needed ?? 0) - 1), at(needed ?? 0)]).toEqual([false, true]);
});

it('are never enough where the difference is as large as the margin, and unknown before there are any', () => {
  expect(canaryUntilWithin(seen(200, 0.05, 0.01), 0.05, MARGIN)).toBeUndefined();
  expect(canaryUntilWithin(seen(0, 0, 0), 0.05, MARGIN)).toBeUndefined();
});

it('a side of a margin that is -1 or 1 does not matter', () => {
  expect(isWithin({ low: -1, high: 0.01 }, MARGIN)).toBe(true);
  expect(isWithin({ low: -0.01, high: 1 }, { low: -0.02, high: 1 })).toBe(true);
  expect(isWithin({ low: -0.03, high: 1 }, { low: -0.02, high: 1 })).toBe(false);
});
