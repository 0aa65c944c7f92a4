import { expect, it } from 'vitest';
import { version } from '../../../test/support/infer-fixture.js';
import type { ModelStatus } from '../../engine/index.js';
import { createRoutes } from '../../routing/index.js';
import type { VersionLookup } from '../find-version.js';
import { problemsOf } from './check-route.js';

it('an arm that may give several answers cannot stand beside one that gives one', () => {
  const serving = [version(1, 1), version(2, 1, { decoupled: true })];
  // What a route is checked against.
  const statuses = serving.map(({ ref }) => ({ name: ref.name, version: ref.version }) as ModelStatus);
  const lookup: VersionLookup = {
    engine: {
      serving: (name) => (name === 'm' ? serving : []),
      statusesOf: (name) => (name === 'm' ? statuses : []),
    },
    labels: { of: () => new Map() },
    unselected: () => [],
    starting: () => false,
  };
  const arms = [1, 2].map((number) => ({ model: 'm', version: number, weight: 1 }));
  const { routes } = createRoutes({ live: { arms, rules: [], fallback: [] } });
  const surroundings = { lookup, modelNames: () => ['m'], bareArms: new Map<string, string>() };
  expect(routes.flatMap((route) => problemsOf(route, surroundings))).toEqual([
    'routes.live.arms[1]: other than m/1, one of the two may give several answers to a request',
  ]);
});
