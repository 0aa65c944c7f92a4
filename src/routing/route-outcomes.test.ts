import { describe, expect, it } from 'vitest';
import type { RouteConfig } from './options.js';
import { createRoutes } from './route.js';

type OutcomesConfig = NonNullable<RouteConfig['outcomes']>;
const DEFAULTS = { kind: 'binary', better: 'higher', windowMs: 1_000 } as const;

function routeWith(outcomes: OutcomesConfig) {
  const { routes, problems } = createRoutes({
    r: { arms: [{ model: 'm', version: 1, weight: 1 }], fallback: [], rules: [], outcomes },
  });
  return problems.length > 0
    ? problems.map(({ path, message }) => `${path.join('.')}: ${message}`)
    : routes[0]?.outcomes;
}

describe('outcomes of a route', () => {
  it('are from 0 to 1 where they are binary, else in their range', () => {
    expect(routeWith({ ...DEFAULTS, missing: 0 })).toEqual({ ...DEFAULTS, low: 0, high: 1, missing: 0 });
    expect(routeWith({ ...DEFAULTS, kind: 'number', range: [-5, 5] })).toMatchObject({ low: -5, high: 5 });
  });

  it.each<[string, OutcomesConfig, string]>([
    [
      'a range of binary ones',
      { ...DEFAULTS, range: [0, 1] },
      'r.outcomes.range: expected none: outcomes that are binary are 0 or 1; set `kind: number` for others',
    ],
    [
      'numbers without a range',
      { ...DEFAULTS, kind: 'number' },
      'r.outcomes: expected a `range` for outcomes that are numbers, such as [0, 100]',
    ],
    [
      'a range that is empty',
      { ...DEFAULTS, kind: 'number', range: [2, 2] },
      'r.outcomes.range: expected the least value, then the largest, got [2, 2]',
    ],
    ['half a click', { ...DEFAULTS, missing: 0.5 }, 'r.outcomes.missing: expected 0 or 1, got 0.5'],
    [
      'a missing value out of range',
      { ...DEFAULTS, kind: 'number', range: [0, 9], missing: 10 },
      'r.outcomes.missing: expected a number from 0 to 9, got 10',
    ],
  ])('are refused: %s', (_what, outcomes, problem) => {
    expect(routeWith(outcomes)).toEqual([problem]);
  });
});
