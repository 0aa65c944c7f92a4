import { expect, it } from 'vitest';
import { checkQuotas } from './check-quotas.js';
import type { QuotaConfig } from './options.js';

it.each<[QuotaConfig, string]>([
  [{ name: 'a', concurrent: 1 }, "1.name: 'a' is taken already"],
  [
    { name: 'b' },
    '1: limits nothing, expected one of requestsPerSecond, concurrent, rowsPerSecond, tokensPerMinute, tokensPerDay, bytesPerSecond, bytesPerDay, computeMsPerMinute, weight',
  ],
  [
    { name: 'b', model: 'm', weight: 2 },
    '1.weight: is the same in the queues of all models: expected a quota without model',
  ],
  [{ name: 'b', concurrent: 1, burst: 3 }, '1.burst: is of requestsPerSecond, which is missing'],
  [
    { name: 'b', requestsPerSecond: 1, burst: 0 },
    '1.burst: expected at least 1, since no request could ever come; for none at all set requestsPerSecond: 0',
  ],
  [
    { name: 'b', principal: 'ci', concurrent: 1 },
    "1.principal: expected key:<name>, oidc:<issuer>/<subject>, cert:<name>, app:<name>, anonymous or *, got 'ci'",
  ],
])('refuses %o', (quota, problem) => {
  const [found] = checkQuotas([{ name: 'a', concurrent: 1 }, quota]);
  expect(`${found?.path.join('.')}: ${found?.message}`).toBe(problem);
});

it('takes quotas of zero, and of everybody', () => {
  expect(
    checkQuotas([
      { name: 'a', requestsPerSecond: 0 },
      { name: 'b', principal: 'key:ci', tokensPerDay: 0 },
      { name: 'c', principal: '*', burst: 1, requestsPerSecond: 0.1 },
    ]),
  ).toEqual([]);
});
