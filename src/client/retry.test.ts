import { describe, expect, it } from 'vitest';
import { DEFAULT_RETRY_POLICY, failureOfStatus, planRetry, type RetryQuestion, wasNeverSent } from './retry.js';

const question: RetryQuestion = {
  failure: 'refused',
  attempts: 1,
  idempotent: false,
  retryAfterMs: undefined,
  remainingMs: Number.POSITIVE_INFINITY,
  jitter: 1,
};
const plan = (change: Partial<RetryQuestion>) => planRetry(DEFAULT_RETRY_POLICY, { ...question, ...change });

describe('planRetry', () => {
  it('doubles the wait with every attempt and spreads it over half of itself', () => {
    expect(plan({ attempts: 1 })).toBe(100);
    expect(plan({ attempts: 2 })).toBe(200);
    expect(plan({ attempts: 2, jitter: 0 })).toBe(100);
  });

  it('waits for what Retry-After says, and then a little', () => {
    expect(plan({ retryAfterMs: 1000 })).toBe(1100);
  });

  it.each<[string, Partial<RetryQuestion>]>([
    ['after the last attempt', { attempts: 3 }],
    ['what may have been executed', { failure: 'lost' }],
    ['what was answered, idempotent or not', { failure: 'answered', idempotent: true }],
    ['when Retry-After is longer than it would ever wait', { retryAfterMs: 60_000 }],
    ['when the caller gives up before', { remainingMs: 100 }],
  ])('does not retry %s', (_, change) => {
    expect(plan(change)).toBeUndefined();
  });

  it('retries what may have been executed when the caller says that this does no harm', () => {
    expect(plan({ failure: 'lost', idempotent: true })).toBe(100);
  });
});

describe('failureOfStatus', () => {
  it.each([
    [503, 1000, 'refused'],
    [429, 1000, 'refused'],
    [503, undefined, 'lost'],
    [502, undefined, 'lost'],
    [500, 1000, 'answered'],
    [504, undefined, 'answered'],
    [429, undefined, 'answered'],
    [400, undefined, 'answered'],
  ] as const)('takes %i with Retry-After %s for %s', (status, retryAfterMs, failure) => {
    expect(failureOfStatus(status, retryAfterMs)).toBe(failure);
  });
});

describe('wasNeverSent', () => {
  it('finds a refused connection under the error of fetch', () => {
    const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
    expect(wasNeverSent(new TypeError('fetch failed', { cause: refused }))).toBe(true);
  });

  it('is not sure about a broken connection, nor about what browsers say', () => {
    const reset = Object.assign(new Error('read'), { code: 'ECONNRESET' });
    expect(wasNeverSent(new TypeError('fetch failed', { cause: reset }))).toBe(false);
    expect(wasNeverSent(new TypeError('Failed to fetch'))).toBe(false);
  });
});
