import { expect, it } from 'vitest';
import { createRoutes } from '../../routing/index.js';
import { OwnedRoutes } from './owned-routes.js';

const make = (model: string, ...names: readonly string[]) =>
  createRoutes(
    Object.fromEntries(
      names.map((name) => [name, { arms: [{ model, version: 1, weight: 1 }], rules: [], fallback: [] }]),
    ),
  ).routes;

it("among routes of the same name the settings' comes first, then the API's, then a rollout's", () => {
  const routes = new OwnedRoutes();
  const answerer = () => routes.get('a')?.arms[0]?.model;
  expect(answerer()).toBeUndefined();
  routes.replace('rollout', make('of-rollout', 'a', 'b'));
  expect(answerer()).toBe('of-rollout');
  routes.replace('file', make('of-file', 'a'));
  routes.replace('api', make('of-api', 'a'));
  expect(answerer()).toBe('of-file');
  expect(routes.all().map(({ owner, route, isInForce }) => [owner, route.name, isInForce])).toEqual([
    ['file', 'a', true],
    ['api', 'a', false],
    ['rollout', 'a', false],
    ['rollout', 'b', true],
  ]);
  expect([routes.ownersOf('a'), routes.ownersOf('b')]).toEqual([['file', 'api', 'rollout'], ['rollout']]);
  routes.replace('file', []);
  expect(answerer()).toBe('of-api');
  routes.replace('api', []);
  expect(answerer()).toBe('of-rollout');
  expect(
    routes
      .inForce()
      .map(({ name }) => name)
      .sort(),
  ).toEqual(['a', 'b']);
});
