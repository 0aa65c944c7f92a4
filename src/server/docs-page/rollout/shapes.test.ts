import { expect, it } from 'vitest';
import { bandPath, linePath, markLabels, stepPath } from './shapes.js';

it('lines go from place to place, or keep their height until the next', () => {
  const places = [
    [0, 10],
    [5.55, 20],
    [8, 0],
  ] as const;
  expect(linePath(places)).toBe('M0 10L5.6 20L8 0');
  expect(stepPath(places)).toBe('M0 10H5.6V20H8V0');
  expect([linePath([]), stepPath([])]).toEqual(['', '']);
});

it('a band lies between two lines', () => {
  expect(
    bandPath(
      [
        [0, 1],
        [2, 3],
      ],
      [
        [0, 5],
        [2, 6],
      ],
    ),
  ).toBe('M0 1L2 3L2 6L0 5Z');
  expect(bandPath([], [])).toBe('');
});

it('marks that are close share a label', () => {
  const marks = [0, 5, 9, 40, 70].map((atMs, index) => ({ atMs, number: index + 1 }));
  expect(markLabels(marks, (atMs) => atMs, 18)).toEqual([
    { x: 0, label: '1–3' },
    { x: 40, label: '4' },
    { x: 70, label: '5' },
  ]);
});
