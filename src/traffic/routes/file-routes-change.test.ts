import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/support/fake-clock.js';
import { version } from '../../../test/support/infer-fixture.js';
import { NO_ALIASES } from '../../../test/support/no-aliases.js';
import { EventBus } from '../../core/index.js';
import type { ModelStatus } from '../../engine/index.js';
import type { VersionLookup } from '../../models/lookup/find-version.js';
import { createRoutes, type RouteConfig } from '../../routing/index.js';
import { FileRoutes } from './file-routes.js';
import { fileRoutesChange } from './file-routes-change.js';
import { RouteTable } from './route-table.js';

const routeTo = (number: number, model = 'm'): RouteConfig => ({
  arms: [{ model, version: number, weight: 1 }],
  rules: [],
  fallback: [],
});

/** A server with the model `m` in the versions 1 and 2, and the route `live` in its settings. */
function start({ isStarting = false } = {}) {
  const serving = [version(1, 1), version(2, 1)];
  const statuses = serving.map(({ ref }) => ({ name: ref.name, version: ref.version }) as ModelStatus);
  const lookup: VersionLookup = {
    engine: {
      serving: (name) => (name === 'm' ? serving : []),
      statusesOf: (name) => (name === 'm' ? statuses : []),
    },
    labels: { of: () => new Map() },
    aliases: NO_ALIASES,
    unselected: () => [],
    starting: () => isStarting,
  };
  const clock = new FakeClock();
  const events = new EventBus();
  const said: string[] = [];
  events.subscribe('diagnostic', ({ level, message }) => said.push(`${level}: ${message}`));
  const table = new RouteTable({ lookup, clock, events });
  const read = () => ({ configs: {}, problems: [] });
  const fileRoutes = new FileRoutes({ configs: { live: routeTo(1) }, placeOf: () => 'f:1:1', read });
  table.replace('file', fileRoutes.routes);
  const prepare = fileRoutesChange({ lookup, fileRoutes, table, clock, events, modelNames: () => ['m'] });
  const change = (configs: Readonly<Record<string, RouteConfig>>) => {
    const places = Object.fromEntries(Object.keys(configs).map((name) => [name, `f:2:2 ${name}`]));
    return Promise.resolve(prepare({ routes: { configs, places } }, 'f'));
  };
  const find = (name: string) => table.find({ name, version: undefined });
  return { table, fileRoutes, change, find, said };
}

describe('routes of a changed settings file', () => {
  it('replace the previous ones in one step; an unchanged route stays the same object', async () => {
    const { change, find, fileRoutes } = start();
    const live = find('live');
    const added = await change({ live: routeTo(1), next: routeTo(2) });
    expect(find('next')).toBeUndefined();
    added?.apply();
    expect([find('live') === live, find('next')?.arms[0]?.version]).toEqual([true, 2]);
    expect(fileRoutes.placeOf('next')).toBe('f:2:2 next');
    expect(added).toMatchObject({
      settings: ['routes'],
      audit: { action: 'routes.apply', resource: 'next', before: {}, after: { next: routeTo(2) } },
    });
    (await change({ next: routeTo(1) }))?.apply();
    expect([find('live'), find('next')?.arms[0]?.version]).toEqual([undefined, 1]);
  });

  it('that have only moved are no change, but their places are', async () => {
    const { change, fileRoutes } = start();
    const moved = await change({ live: routeTo(1) });
    expect([moved?.settings, moved?.audit]).toEqual([[], undefined]);
    moved?.apply();
    expect(fileRoutes.placeOf('live')).toBe('f:2:2 live');
  });

  it('are refused together where one is wrong, with its place', async () => {
    const { change } = start();
    await expect(change({ live: routeTo(1), next: routeTo(3), last: routeTo(1, 'n') })).rejects.toMatchObject({
      code: 'invalid_argument',
      message: `2 problems with the routes:
  f:2:2 next: routes.next.arms[0].version: model 'm' has no version 3 that is loaded; it has 1, 2
  f:2:2 last: routes.last.arms[0].model: there is no model 'n'`,
    });
  });

  it('are not checked against models that are still being loaded', async () => {
    expect((await start({ isStarting: true }).change({ next: routeTo(3) }))?.settings).toEqual(['routes']);
  });

  it('do not hide a rollout', async () => {
    const { change, table } = start();
    table.replace('rollout', createRoutes({ m: routeTo(1) }).routes);
    const hiding = await change({ live: routeTo(1), m: routeTo(2) });
    expect(() => hiding?.check?.()).toThrow(
      "'m' is being rolled out, which says who gets which version: end the rollout first",
    );
  });

  it('take precedence over those of the API, which is reported, and leave these in force when removed', async () => {
    const { change, table, find, said } = start();
    table.replace('api', createRoutes({ next: routeTo(2) }).routes);
    (await change({ next: routeTo(1) }))?.apply();
    expect(said).toEqual(["warn: route 'next' was declared through the API, but f:2:2 next comes first"]);
    expect(find('next')?.arms[0]?.version).toBe(1);
    (await change({}))?.apply();
    expect(find('next')?.arms[0]?.version).toBe(2);
  });
});
