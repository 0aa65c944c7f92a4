import { describe, expect, it } from 'vitest';
import { judgeNoise } from './noise.js';

const SPEC = { metric: 'queueP99Ms', who: 'shadow', against: 'none', again: 'none again' } as const;
const roundsOf = (shadow: readonly number[], again: readonly number[]) =>
  shadow.map((ratio, round) => ({
    none: { queueP99Ms: 2 },
    shadow: { queueP99Ms: 2 * ratio },
    'none again': { queueP99Ms: 2 * (again[round] ?? 1) },
  }));

describe('a metric that is to be unchanged within noise', () => {
  it('is told with its interval beside that of two that are the same', () => {
    expect(judgeNoise(SPEC, roundsOf([1, 1.21], [1, 1]), false)).toEqual({
      text: 'queue p99 ms: shadow / none, 95 % interval, to be reached by that of none again / none',
      digits: 2,
      limit: '1.00 (1.00–1.00)',
      spread: { median: expect.closeTo(1.1, 10), min: expect.closeTo(0.328, 3), max: expect.closeTo(3.693, 3) },
      counted: 2,
      rounds: 2,
      verdict: 'pass',
    });
  });

  it.each([
    [[1.5, 1.5, 1.5], [1, 1, 1], 'fail'],
    [[1.3, 1.3, 1.3], [1, 1.1, 1.3], 'pass'],
    [[1.5, 1.5, 1.5], [1, 1.5, 2], 'not judged'],
    [[1.5, 1.5, 1.5], [0.5, 1, 1], 'not judged'],
    [[0.5, 0.5, 0.5], [1, 1, 1], 'pass'],
  ])('of which rounds say %j, and noise %j: %s', (shadow, again, verdict) => {
    expect(judgeNoise(SPEC, roundsOf(shadow, again), false).verdict).toBe(verdict);
  });

  it('is not judged in a trial, nor without two rounds of both', () => {
    expect(judgeNoise(SPEC, roundsOf([1, 1], [1, 1]), true).verdict).toBe('not judged');
    expect(judgeNoise(SPEC, roundsOf([1], [1]), false).verdict).toBe('not run');
  });
});
