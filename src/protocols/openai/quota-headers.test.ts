import { expect, it } from 'vitest';
import { MillraceError, type QuotaStanding } from '../../core/index.js';
import { encodeError } from './errors.js';
import { quotaHeaders } from './quota-headers.js';

const standing = (some: Partial<QuotaStanding>): QuotaStanding => ({
  policy: 'q/x',
  unit: 'tokens',
  limit: 1_000,
  windowMs: 60_000,
  remaining: 10,
  resetMs: 0,
  ...some,
});

it('tells of requests and tokens, each of the limit of which least is left', () => {
  expect(
    quotaHeaders([
      standing({ limit: 1e6, remaining: 900, resetMs: 40_000_000 }),
      standing({ remaining: 12, resetMs: 62_500 }),
      standing({ unit: 'requests', limit: 5, remaining: 4.2, resetMs: 19.2 }),
      standing({ unit: 'rows' }),
    ]),
  ).toEqual({
    'x-ratelimit-limit-requests': '5',
    'x-ratelimit-remaining-requests': '4',
    'x-ratelimit-reset-requests': '20ms',
    'x-ratelimit-limit-tokens': '1000',
    'x-ratelimit-remaining-tokens': '12',
    'x-ratelimit-reset-tokens': '1m2.5s',
  });
  expect(quotaHeaders([standing({ resetMs: 40_000_000 })])['x-ratelimit-reset-tokens']).toBe('11h6m40s');
  expect(quotaHeaders([standing({ unit: 'rows' })])).toEqual({});
});

it('tells clients whether it is of use to try again by themselves', () => {
  const soon = new MillraceError('quota_exceeded', 'later', { retryAfterMs: 20.5 });
  expect(encodeError(soon, 429)).toEqual({
    status: 429,
    headers: { 'content-type': 'application/json', 'retry-after-ms': '21' },
    body: JSON.stringify({
      error: { message: 'later', type: 'rate_limit_error', param: null, code: 'rate_limit_exceeded' },
    }),
  });
  const never = new MillraceError('quota_exceeded', 'no', { reason: 'insufficient_quota' });
  expect(encodeError(never, 429)).toEqual({
    status: 429,
    headers: { 'content-type': 'application/json', 'x-should-retry': 'false' },
    body: JSON.stringify({
      error: { message: 'no', type: 'insufficient_quota', param: null, code: 'insufficient_quota' },
    }),
  });
});
