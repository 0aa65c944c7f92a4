import { expect, it } from 'vitest';
import { reshapeProblem } from './reshape.js';

it.each([
  [[4], [2, 2]],
  [[1], []],
  [
    [2, -1, 3],
    [2, -1, 1, 3],
  ],
  [[-1], [-1]],
  [
    [-1, -1, 4],
    [-1, -1, 2, 2],
  ],
])('%j can be seen as %j', (from, to) => {
  expect(reshapeProblem(from, to)).toBeUndefined();
});

it.each([
  [[4], [3]],
  [[-1], [4]],
  [
    [2, -1],
    [-1, 2],
  ],
  [[-1, 2], [-1]],
])('%j cannot be seen as %j', (from, to) => {
  const message = `shape [${from}] cannot be reshaped to [${to}]: the element counts differ`;
  expect(reshapeProblem(from, to)).toBe(message);
});
