import { expect, it } from 'vitest';
import type { QuotaStanding } from '../core/index.js';
import { QuotaHeaders } from './quota-headers.js';

const REQUESTS: QuotaStanding = {
  policy: 'team/requestsPerSecond',
  unit: 'requests',
  limit: 10,
  windowMs: 2_000,
  remaining: 8.9,
  resetMs: 220,
};

it('says what the limits are and what is left of them', () => {
  const running = {
    policy: 'team/concurrent',
    unit: 'concurrent-requests',
    limit: 4,
    windowMs: undefined,
    remaining: 3,
    resetMs: 0,
  } as const;
  expect(new QuotaHeaders().of([REQUESTS, running])).toEqual([
    [
      'ratelimit-policy',
      '"team/requestsPerSecond";q=10;w=2;qu="requests", "team/concurrent";q=4;qu="concurrent-requests"',
    ],
    ['ratelimit', '"team/requestsPerSecond";r=8;t=1, "team/concurrent";r=3'],
  ]);
});

it('says nothing where nothing is limited, and no more than fits into a header', () => {
  expect(new QuotaHeaders().of([])).toEqual([]);
  const many = Array.from({ length: 40 }, (_, index) => ({
    ...REQUESTS,
    policy: `q${index}/x`,
    remaining: index % 20,
  }));
  const [[, policies]] = new QuotaHeaders().of(many) as [[string, string]];
  expect(policies.split(', ')).toHaveLength(16);
  expect(policies).toContain('"q20/x"');
  expect(policies).not.toContain('"q19/x"');
});

it('says what is so now, whatever it has said before', () => {
  const OTHER = { ...REQUESTS, policy: 'other/requestsPerSecond' };
  const headers = new QuotaHeaders();
  const policies = (...standings: QuotaStanding[]) => headers.of(standings)[0]?.[1];
  const left = (...standings: QuotaStanding[]) => headers.of(standings)[1]?.[1];
  expect(left(REQUESTS, OTHER)).toBe('"team/requestsPerSecond";r=8;t=1, "other/requestsPerSecond";r=8;t=1');
  expect(left(OTHER, { ...REQUESTS, remaining: 3 })).toBe(
    '"other/requestsPerSecond";r=8;t=1, "team/requestsPerSecond";r=3;t=1',
  );
  expect(left({ ...REQUESTS, remaining: 3, resetMs: 1_001 })).toBe('"team/requestsPerSecond";r=3;t=2');
  expect(left({ ...REQUESTS, remaining: 10, resetMs: 0 })).toBe('"team/requestsPerSecond";r=10');
  expect(policies({ ...REQUESTS, limit: 20 })).toBe('"team/requestsPerSecond";q=20;w=2;qu="requests"');
  expect(policies(REQUESTS)).toBe('"team/requestsPerSecond";q=10;w=2;qu="requests"');
  expect(policies({ ...REQUESTS, unit: 'rows' })).toBe('"team/requestsPerSecond";q=10;w=2;qu="rows"');
  expect(policies({ ...REQUESTS, windowMs: 1_000 })).toBe('"team/requestsPerSecond";q=10;w=1;qu="requests"');
});
