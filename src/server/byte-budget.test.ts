import { expect, it } from 'vitest';
import { ByteBudget } from './byte-budget.js';

it('gives what is free, and nothing of what is not', () => {
  const budget = new ByteBudget(10);
  expect(budget.reserve(6)).toBe(true);
  expect(budget.reserve(5)).toBe(false);
  expect(budget.reserve(4)).toBe(true);
  budget.release(6);
  expect(budget.reserve(6)).toBe(true);
});
