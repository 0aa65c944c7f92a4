import { expect, it } from 'vitest';
import { PrincipalShares } from './principal-shares.js';

it('each principal has half of the memory, and is forgotten when it holds nothing of it', () => {
  const shares = new PrincipalShares(100);
  expect([shares.take('ann', 30), shares.take('ann', 20), shares.take('ann', 1), shares.take('bob', 50)]).toEqual([
    true,
    true,
    false,
    true,
  ]);
  expect(shares.sizeBytes).toBe(100);
  shares.release('ann', 50);
  expect([shares.sizeBytes, shares.principals]).toEqual([50, 1]);
  expect(shares.take('ann', 50)).toBe(true);
});

it('a principal that asks for too much at once takes nothing, and is forgotten as well', () => {
  const shares = new PrincipalShares(100);
  expect([shares.take('ann', 51), shares.take('ann', 0)]).toEqual([false, true]);
  expect([shares.sizeBytes, shares.principals]).toEqual([0, 0]);
  expect(shares.take('ann', 50)).toBe(true);
});
