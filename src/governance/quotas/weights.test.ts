import { expect, it } from 'vitest';
import { createWeights } from './weights.js';

const caller = (id: string, ...groups: readonly string[]) => ({ id, groups });

it('are the largest of the quotas that are about a caller, and 1 by default', () => {
  const weightOf = createWeights([
    { name: 'each', principal: 'key:*', weight: 0.5 },
    { name: 'team', group: 'gold-*', weight: 4 },
    { name: 'ci', principal: 'key:ci', group: 'gold-a', weight: 9 },
    { name: 'limits', principal: '*', concurrent: 8 },
  ]);
  const alice = caller('oidc:corp/alice', 'gold-b');
  expect(
    [caller('key:app'), alice, caller('key:ci'), caller('key:ci', 'gold-a'), caller('anonymous')].map((one) =>
      weightOf(one),
    ),
  ).toEqual([0.5, 4, 0.5, 9, 1]);
  expect(weightOf(alice)).toBe(4);
});

it('are all 1 where there are none', () => {
  expect(createWeights([{ name: 'limits', concurrent: 8 }])(caller('key:ci'))).toBe(1);
});
