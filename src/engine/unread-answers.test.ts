import { expect, it } from 'vitest';
import { ByteBudget } from '../core/index.js';
import { UnreadAnswers } from './unread-answers.js';

it('leaves half of the memory to the answers of others, and counts against the budget of requests', () => {
  const budget = new ByteBudget('the server', 100);
  const unread = new UnreadAnswers(budget);
  expect([unread.take('one', 50), unread.take('one', 1)]).toEqual([true, false]);
  expect(unread.take('two', 40)).toBe(true);
  expect(budget.take(20)).toBe(budget);
  expect(unread.take('three', 11)).toBe(false);
  unread.release('one', 50);
  unread.release('two', 40);
  expect([unread.sizeBytes, budget.usedBytes]).toEqual([0, 0]);
});
