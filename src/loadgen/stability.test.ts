import { describe, expect, it } from 'vitest';
import { isStable } from './stability.js';

const RULE = { windows: 3, tolerance: 0.1 };

function points(...pairs: readonly (readonly [number, number])[]) {
  return pairs.map(([requestsPerSecond, latencyMs]) => ({ requestsPerSecond, latencyMs }));
}

describe('isStable', () => {
  it('wants three windows', () => {
    expect(isStable(points([100, 1], [100, 1]), RULE)).toBe(false);
    expect(isStable(points([100, 1], [100, 1], [100, 1]), RULE)).toBe(true);
  });

  it('accepts windows whose extremes are exactly the tolerance apart', () => {
    expect(isStable(points([100, 1], [105, 1], [110, 1]), RULE)).toBe(true);
    expect(isStable(points([100, 1], [105, 1], [111, 1]), RULE)).toBe(false);
  });

  it('wants the latencies to agree as well', () => {
    expect(isStable(points([100, 1], [100, 1], [100, 1.2]), RULE)).toBe(false);
  });

  it('looks at the last windows only', () => {
    expect(isStable(points([10, 9], [100, 1], [100, 1], [100, 1]), RULE)).toBe(true);
    expect(isStable(points([100, 1], [100, 1], [100, 1], [10, 9]), RULE)).toBe(false);
  });

  it('does not take silence for stability', () => {
    expect(isStable(points([0, 0], [0, 0], [0, 0]), RULE)).toBe(false);
  });
});
