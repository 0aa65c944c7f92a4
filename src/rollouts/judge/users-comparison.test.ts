import { describe, expect, it } from 'vitest';
import type { Observation } from './observation.js';
import { UsersComparison } from './users-comparison.js';

/** So many requests of twenty users, ten of them canary's, 10 ms apart; those of canary have the trait if `isFlagged` says so. */
function compare(requests: number, isFlagged: (index: number) => boolean, share = 0.5): UsersComparison {
  const users = new UsersComparison();
  for (let index = 0; index < requests; index++) {
    const key = index % 20;
    const arm: Observation['arm'] = key % 2 === 0 ? 'stable' : 'canary';
    const asked = { arm, share, atMs: index * 10, failed: false, latencyMs: 1, answer: undefined, key };
    users.observe(asked, arm === 'canary' && isFlagged(index));
  }
  return users;
}

describe('all requests of users', () => {
  it('are evidence where those of canary have the trait, time and again', () => {
    expect(compare(3_000, (index) => index % 3 === 0).combine(1)).toBeGreaterThan(80);
    expect(compare(3_000, () => false).combine(1)).toBe(0.5);
  });

  it('of one bad moment are one event, however many users it hits', () => {
    // Six blocks of canary's requests in a row are bad, and none after it.
    const peak = compare(3_000, (index) => index > 500 && index < 800).combine(0);
    expect(peak).toBeLessThan(2 ** 6);
    expect(peak).toBeGreaterThan(0);
  });

  it('say how frequent the trait is in both arms', () => {
    const { stable = 1, canary = 0 } = compare(3_000, (index) => index % 5 === 1).rates();
    expect([stable, canary]).toEqual([0, expect.closeTo(0.2, 1)]);
  });
});

it('the error budget is divided only where users are assigned', () => {
  const users = new UsersComparison();
  users.observe({ arm: 'stable', share: 0.5, atMs: 0, failed: false, latencyMs: 1, answer: undefined }, false);
  expect(users.combine(7)).toBe(7);
  users.observe({ arm: 'stable', share: 0.5, atMs: 0, failed: false, latencyMs: 1, answer: undefined, key: 1 }, false);
  expect(users.combine(7)).toBe(7);
  expect(compare(1, () => false).combine(7)).toBe(3.5);
});
