import { expect, it } from 'vitest';
import { quantileBetween } from './shadow.js';

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
