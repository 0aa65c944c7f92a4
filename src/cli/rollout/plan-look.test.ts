import { describe, expect, it } from 'vitest';
import { EXIT_CODES } from '../exit-code.js';
import { EXIT_OF, MAX_OUTAGE_MS, planLook, planRetry } from './plan-look.js';

const NO_LIMIT = Number.POSITIVE_INFINITY;

describe('planLook', () => {
  it.each([
    ['done', 'promoted', 0],
    ['rolled_back', 'rolled_back', 1],
    ['aborted', 'aborted', 1],
    ['paused', 'paused', 4],
  ] as const)('ends where a rollout is %s, as %s with exit code %i, whatever time is left', (state, outcome, code) => {
    expect(planLook(state, NO_LIMIT)).toEqual({ kind: 'end', outcome });
    expect(planLook(state, 0)).toEqual({ kind: 'end', outcome });
    expect(EXIT_CODES[EXIT_OF[outcome]].code).toBe(code);
  });

  it.each(['holding', 'awaiting_approval', 'promoting', 'a state of a newer server', 'constructor'])(
    'goes on while a rollout is %s, until the time is up',
    (state) => {
      expect(planLook(state, NO_LIMIT)).toEqual({ kind: 'look', delayMs: 1_000 });
      expect(planLook(state, 300)).toEqual({ kind: 'look', delayMs: 300 });
      expect(planLook(state, 0)).toEqual({ kind: 'end', outcome: 'timed_out' });
      expect(EXIT_CODES[EXIT_OF.timed_out].code).toBe(4);
    },
  );
});

describe('planRetry', () => {
  const retryAfter = (failedLooks: number, durationMs = 0, leftMs = NO_LIMIT) =>
    planRetry({ failedLooks, durationMs, leftMs });

  it('doubles the delay from one second to fifteen', () => {
    expect([1, 2, 3, 4, 5, 6, 2_000].map((failedLooks) => retryAfter(failedLooks))).toEqual([
      1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000,
    ]);
  });

  it('gives up after five minutes, with a last look at their end', () => {
    expect(MAX_OUTAGE_MS).toBe(300_000);
    expect(retryAfter(30, 299_000)).toBe(1_000);
    expect(retryAfter(31, 300_000)).toBeUndefined();
  });

  it('gives up when the time is up', () => {
    expect(retryAfter(2, 1_000, 500)).toBe(500);
    expect(retryAfter(3, 1_500, 0)).toBeUndefined();
  });
});
