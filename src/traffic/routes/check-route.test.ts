import { expect, it } from 'vitest';
import { version } from '../../../test/support/infer-fixture.js';
import { NO_ALIASES } from '../../../test/support/no-aliases.js';
import type { ModelStatus } from '../../engine/index.js';
import type { VersionLookup } from '../../models/lookup/find-version.js';
import { createRoutes } from '../../routing/index.js';
import { problemsOf } from './check-route.js';

it('an arm that may give several answers cannot stand beside one that gives one', () => {
  const serving = [version(1, 1), version(2, 1, { decoupled: true })];
  // The models that a route is checked against.
  const statuses = serving.map(({ ref }) => ({ name: ref.name, version: ref.version }) as ModelStatus);
  const lookup: VersionLookup = {
    engine: {
      serving: (name) => (name === 'm' ? serving : []),
      statusesOf: (name) => (name === 'm' ? statuses : []),
    },
    labels: { of: () => new Map() },
    aliases: NO_ALIASES,
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

it('a route must not hide an alias of a model of which it has no arm, and names only models that the caller may read', () => {
  const statuses = ['m', 'n'].map((name) => ({ name, version: 1 }) as ModelStatus);
  const lookup: VersionLookup = {
    engine: { serving: () => [], statusesOf: (name) => statuses.filter((status) => status.name === name) },
    labels: { of: () => new Map() },
    aliases: { ...NO_ALIASES, resolve: (target) => (target.name === 'gpt' ? { ...target, name: 'm' } : target) },
    unselected: () => [],
    starting: () => false,
  };
  const routeTo = (model: string) =>
    createRoutes({ gpt: { arms: [{ model, weight: 1 }], rules: [], fallback: [] } }).routes;
  const problems = (model: string, names: readonly string[]) =>
    routeTo(model).flatMap((route) => problemsOf(route, { lookup, modelNames: () => names, bareArms: new Map() }));
  expect(problems('m', ['m', 'n'])).toEqual([]);
  expect(problems('n', ['m', 'n'])).toEqual([
    "routes.gpt: the name is an alias of model 'm', of which this route has no arm",
  ]);
  expect(problems('n', ['n'])).toEqual(['routes.gpt: the name is an alias of a model, of which this route has no arm']);
});
