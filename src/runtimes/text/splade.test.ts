import { expect, it } from 'vitest';
import { spladeOf } from './splade.js';

const rows = [Float32Array.of(-1, 0.5, 2, -3), Float32Array.of(-2, 1, -2, 0)];

it('gives the logarithm of the largest logit above 0 of each token', () => {
  const close = (value: number) => expect.closeTo(value, 6) as number;
  expect([...spladeOf(rows, 1)]).toEqual([0, close(Math.log(2)), close(Math.log(3)), 0]);
  const twice = [0, close(Math.log1p(Math.log(2))), close(Math.log1p(Math.log(3))), 0];
  expect([...spladeOf(rows, 2)]).toEqual(twice);
});

it('gives nothing of no token', () => {
  expect([...spladeOf([], 1)]).toEqual([]);
});
