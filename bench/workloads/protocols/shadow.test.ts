import { expect, it } from 'vitest';
import { judge } from '../../harness/row.js';
import { CALLERS, quantileBetween } from './shadow.js';

it('the time that most have waited is read from what two scrapes counted between them', () => {
  const before = new Map([
    [0.001, 5],
    [0.01, 5],
    [Number.POSITIVE_INFINITY, 5],
  ]);
  const after = new Map([
    [0.001, 55],
    [0.01, 104],
    [Number.POSITIVE_INFINITY, 105],
  ]);
  expect(quantileBetween(before, after, 0.25)).toBeCloseTo(0.5, 10);
  expect(quantileBetween(before, after, 0.99)).toBeCloseTo(10, 10);
  expect(quantileBetween(before, after, 1)).toBe(10);
  expect(quantileBetween(after, after, 0.99)).toBeUndefined();
});

it('what callers wait for is shown beside what two equal servers differ by, and not judged', () => {
  const round = {
    'no shadow': { p50Ms: 0.4, p99Ms: 2 },
    'no shadow, again': { p50Ms: 0.4, p99Ms: 3 },
    shadow: { p50Ms: 0.8, p99Ms: 5 },
  };
  const shown = CALLERS.map((bar) => judge(bar, [round])).map(({ text, spread, verdict }) => [
    text,
    spread?.median,
    verdict,
  ]);
  expect(shown).toEqual([
    ['p50 ms: shadow / no shadow', 2, 'not judged'],
    ['p50 ms: no shadow, again / no shadow', 1, 'not judged'],
    ['p99 ms: shadow / no shadow', 2.5, 'not judged'],
    ['p99 ms: no shadow, again / no shadow', 1.5, 'not judged'],
  ]);
});
