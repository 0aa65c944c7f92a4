import { expect, it } from 'vitest';
import { Random } from '../../../test/support/random.js';
import { Quantiles } from './quantiles.js';

it('are known after the first block, and do not change within one', () => {
  const quantiles = new Quantiles([0.5, 0.95]);
  for (let value = 1; value <= 20; value++) quantiles.observe(value);
  expect(quantiles.thresholds).toEqual([]);
  quantiles.settle();
  expect(quantiles.thresholds).toEqual([10, 19]);
  quantiles.observe(1_000);
  expect(quantiles.thresholds).toEqual([10, 19]);
});

it('follow the last values, of which a block gives 32 at most', () => {
  const random = new Random(1);
  const quantiles = new Quantiles([0.5]);
  const shiftOf = (block: number) => (block < 20 ? 0 : 10);
  for (let block = 0; block < 24; block++) {
    for (let count = 0; count < 200; count++) quantiles.observe(shiftOf(block) + random.next());
    quantiles.settle();
  }
  expect(quantiles.thresholds[0]).toBeCloseTo(10.5, 0);
});

it('stay as they are where there is nothing new, and go on from a snapshot', () => {
  const quantiles = new Quantiles([0, 1]);
  for (const value of [3, 1, 2]) quantiles.observe(value);
  quantiles.settle();
  quantiles.settle();
  expect(quantiles.thresholds).toEqual([1, 3]);
  quantiles.observe(9);
  const restored = new Quantiles([0, 1], JSON.parse(JSON.stringify(quantiles.snapshot())));
  expect(restored.snapshot()).toEqual(quantiles.snapshot());
  restored.settle();
  expect(restored.thresholds).toEqual([1, 9]);
});
