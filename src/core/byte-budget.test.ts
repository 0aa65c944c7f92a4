import { describe, expect, it } from 'vitest';
import { ByteBudget } from './byte-budget.js';

describe('ByteBudget', () => {
  it('takes what fits and has room again for what is released', () => {
    const budget = new ByteBudget('the server', 10);
    expect(budget.take(6)).toBeUndefined();
    expect(budget.take(5)).toBe(budget);
    expect(budget.usedBytes).toBe(6);
    budget.release(6);
    expect(budget.take(10)).toBeUndefined();
  });

  it('counts in its parent, and takes nothing anywhere when that is full', () => {
    const parent = new ByteBudget('the server', 10);
    const one = new ByteBudget("model 'a'", 8, parent);
    const other = new ByteBudget("model 'b'", 8, parent);
    one.take(7);
    expect(other.take(4)).toBe(parent);
    expect([one, other, parent].map(({ usedBytes }) => usedBytes)).toEqual([7, 0, 7]);
    one.release(7);
    expect(other.take(4)).toBeUndefined();
    expect(parent.usedBytes).toBe(4);
  });
});
