import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../core/index.js';
import { isSuspect, retryOf, retryWaitMs } from './retries.js';

const POLICY = { maxAttempts: 3, retryBackoffMs: 1_000, maxRetryBackoffMs: 60_000, missingModel: 'fail' } as const;

describe('a request whose attempt failed', () => {
  it.each<[ErrorCode, boolean, number, ReturnType<typeof retryOf>]>([
    ['unavailable', false, 3, 'later'],
    ['quota_exceeded', false, 3, 'later'],
    ['unavailable', true, 2, 'again'],
    ['unavailable', true, 3, 'never'],
    ['internal', true, 2, 'again'],
    ['internal', true, 3, 'never'],
    ['invalid_argument', true, 1, 'never'],
    ['not_found', false, 1, 'never'],
  ])('with %s (it had run: %s) at attempt %s is tried: %s', (code, hasRun, attempts, expected) => {
    expect(retryOf({ code, hasRun }, attempts, POLICY)).toBe(expected);
  });

  it('is tried later, whatever its attempts, where its runner died with others', () => {
    expect(retryOf({ code: 'unavailable', hasRun: true, diedWithOthers: true }, 3, POLICY)).toBe('later');
    expect(retryOf({ code: 'internal', hasRun: true, diedWithOthers: true }, 3, POLICY)).toBe('never');
  });

  it('waits for its model where the policy says so', () => {
    expect(retryOf({ code: 'not_found', hasRun: false }, 3, { ...POLICY, missingModel: 'wait' })).toBe('later');
  });

  it('is a suspect where a runner may have died of it', () => {
    expect(isSuspect({ code: 'unavailable', hasRun: true })).toBe(true);
    expect(isSuspect({ code: 'unavailable', hasRun: false })).toBe(false);
    expect(isSuspect({ code: 'internal', hasRun: true })).toBe(false);
  });
});

it.each([
  [{ attempts: 1, counts: true, ageMs: 0, random: 1, atLeastMs: 0 }, 1_000],
  [{ attempts: 3, counts: true, ageMs: 0, random: 0, atLeastMs: 0 }, 2_000],
  [{ attempts: 50, counts: true, ageMs: 0, random: 1, atLeastMs: 0 }, 60_000],
  [{ attempts: 1, counts: false, ageMs: 40_000, random: 1, atLeastMs: 0 }, 10_000],
  // The clock was set back.
  [{ attempts: 1, counts: false, ageMs: -40_000, random: 1, atLeastMs: 0 }, 1_000],
  [{ attempts: 1, counts: true, ageMs: 0, random: 1, atLeastMs: 90_000 }, 90_000],
])('after %j a request waits %s ms', (retried, expected) => {
  expect(retryWaitMs(retried, POLICY)).toBe(expected);
});
