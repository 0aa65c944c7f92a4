import { expect, it } from 'vitest';
import type { QuotaStanding } from '../../core/index.js';
import { quotaHeaders } from './quota-headers.js';

const standing = (more: Partial<QuotaStanding>): QuotaStanding => ({
  policy: 'q',
  unit: 'requests',
  limit: 10,
  windowMs: 60_000,
  remaining: 5,
  resetMs: 1_500,
  ...more,
});

it('tells the limit with the least left of each unit, and when it is whole again', () => {
  const standings = [standing({}), standing({ limit: 3.5, remaining: 2.9 }), standing({ unit: 'tokens', limit: 100 })];
  expect(quotaHeaders(standings, Date.parse('2026-12-03T12:00:00.250Z'))).toEqual({
    'anthropic-ratelimit-requests-limit': '3',
    'anthropic-ratelimit-requests-remaining': '2',
    'anthropic-ratelimit-requests-reset': '2026-12-03T12:00:02Z',
    'anthropic-ratelimit-tokens-limit': '100',
    'anthropic-ratelimit-tokens-remaining': '5',
    'anthropic-ratelimit-tokens-reset': '2026-12-03T12:00:02Z',
  });
});

it('tells nothing where there is no limit', () => {
  expect(quotaHeaders([], 0)).toEqual({});
});
