import { describe, expect, it } from 'vitest';
import { hashText } from '../core/index.js';
import type { RouteConfig } from './options.js';
import { armInstead, createRoute, createRoutes } from './route.js';

type Config = Partial<Omit<RouteConfig, 'arms'>> & { readonly arms: readonly Partial<RouteConfig['arms'][number]>[] };

function problemsOf(routes: Readonly<Record<string, Config>>): readonly string[] {
  const complete = Object.entries(routes).map(([name, { arms, ...rest }]) => [
    name,
    { rules: [], fallback: [], ...rest, arms: arms.map((arm) => ({ model: 'fraud', weight: 1, ...arm })) },
  ]);
  return createRoutes(Object.fromEntries(complete)).problems.map(
    ({ path, message }) => `${path.join('.')}: ${message}`,
  );
}

const ARMS = [
  { label: 'stable', weight: 95 },
  { label: 'canary', weight: 5 },
] as const;

describe('a route', () => {
  it.each<[string, Config, string]>([
    ['no weight at all', { arms: [{ weight: 0 }] }, 'r.arms: expected an arm with a weight of more than 0'],
    [
      'a version named twice over',
      { arms: [{ label: 'stable', version: 3 }] },
      "r.arms.0: expected a label or a version, got both ('stable' and 3)",
    ],
    [
      'two arms of one name',
      { arms: [...ARMS, { label: 'stable' }] },
      "r.arms.2: the arm 'stable' is there already; give one of them another `name`",
    ],
    [
      'itself',
      { arms: [{ model: 'r' }] },
      "r.arms.0.model: 'r' is the route itself; expected a model: give it a label or a version",
    ],
    [
      'a rule for nobody',
      { arms: ARMS, rules: [{ when: 'true', arm: 'next' }] },
      "r.rules.0.arm: there is no arm 'next'; there is 'stable', 'canary'",
    ],
    [
      'a rule that is none',
      { arms: ARMS, rules: [{ when: 'principal ==', arm: 'canary' }] },
      'r.rules.0.when: column 13: Unexpected token: EOF',
    ],
    [
      'two keys to be sticky by',
      { arms: ARMS, sticky: { header: 'x-user', principal: true } },
      'r.sticky: expected one of header, cookie, parameter, principal or trace, got header and principal',
    ],
    [
      'none',
      { arms: ARMS, sticky: {} },
      'r.sticky: expected one of header, cookie, parameter, principal or trace, got none',
    ],
    [
      'a credential',
      { arms: ARMS, sticky: { header: 'Authorization' } },
      "r.sticky.header: 'Authorization' carries a credential, which routes do not see; use `principal: true`",
    ],
  ])('with %s is refused', (_, config, problem) => expect(problemsOf({ r: config })).toEqual([problem]));

  it('is not an arm of another one, so that there are no cycles', () => {
    expect(problemsOf({ a: { arms: [{ model: 'b' }] }, b: { arms: [{ model: 'a' }] } })).toEqual([
      "a.arms.0.model: 'b' is a route; expected a model: give it a label or a version",
      "b.arms.0.model: 'a' is a route; expected a model: give it a label or a version",
    ]);
    expect(problemsOf({ fraud: { arms: [{ label: 'stable' }] }, b: { arms: [{ version: 3 }] } })).toEqual([]);
  });

  it('calls its arms by label or version, unless they have names', () => {
    const arms = [{ label: 'stable' }, { version: 4 }, { name: 'next', version: 5 }, {}];
    const config = { rules: [], fallback: [], arms: arms.map((arm) => ({ model: 'fraud', weight: 1, ...arm })) };
    const [route] = createRoutes({ r: config }).routes;
    expect(route?.arms.map(({ name }) => name)).toEqual(['stable', '4', 'next', 'fraud']);
  });
});

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
