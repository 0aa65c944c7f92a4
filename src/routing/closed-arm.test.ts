import { expect, it } from 'vitest';
import { hashText } from '../core/index.js';
import { armInstead } from './closed-arm.js';
import { createRoute } from './route.js';

const config = {
  arms: [
    { name: 'stable', model: 'm', version: 1, weight: 50 },
    { name: 'canary', model: 'm', version: 2, weight: 50 },
  ],
  fallback: [],
  rules: [],
};

it('a closed arm keeps the keys that it has, and others get the other arm', () => {
  const made = createRoute({ name: 'm', config, names: new Set(['m']) });
  if ('problems' in made) throw new Error('the route is wrong');
  const [stable, canary] = made.route.arms;
  if (stable === undefined || canary === undefined) throw new Error('an arm is missing');
  expect(armInstead(made.route, canary, 'ann')).toBeUndefined();
  const keys = new Set([hashText('ann').low]);
  const route = { ...made.route, closed: { arm: 'canary', others: 'stable', keys } };
  expect(armInstead(route, canary, 'ann')).toBeUndefined();
  expect(armInstead(route, canary, 'bob')).toBe(stable);
  expect(armInstead(route, stable, 'bob')).toBeUndefined();
});
