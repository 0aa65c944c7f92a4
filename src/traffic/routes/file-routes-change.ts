import { isDeepStrictEqual } from 'node:util';
import { type Clock, type EventBus, MillraceError, ownValue } from '../../core/index.js';
import type { PrepareChange } from '../../governance/index.js';
import { createRoute, type Route, type RouteConfig } from '../../routing/index.js';
import { formatPath } from '../../text/index.js';
import { bareArmsOf, problemsOf, type Surroundings } from './check-route.js';
import type { FileRoutes } from './file-routes.js';
import { inSlices } from './in-slices.js';
import { refuseRoutes, sayRolledOut, warnOfHidden } from './refuse-routes.js';
import type { RouteTable } from './route-table.js';
import type { WrittenRoutes } from './types.js';

interface FileRoutesSetup extends Pick<Surroundings, 'lookup' | 'modelNames'> {
  readonly fileRoutes: FileRoutes;
  readonly table: RouteTable;
  readonly clock: Clock;
  readonly events: EventBus;
}

type Configs = Readonly<Record<string, RouteConfig>>;
type Places = WrittenRoutes['places'];
type Known = ReadonlyMap<string, Route>;

/** Routes of the settings: all of a changed file or none. Changed routes are checked like routes of the API. */
export function fileRoutesChange(setup: FileRoutesSetup): PrepareChange<{ readonly routes: WrittenRoutes }> {
  const { fileRoutes, table, events } = setup;

  /** Routes that do not differ stay the same, with what is known of their arms. */
  async function make({ configs, places }: WrittenRoutes, known: Known): Promise<readonly Route[]> {
    const apiNames = table.all().flatMap(({ owner, route }) => (owner === 'api' ? [route.name] : []));
    const names = new Set([...Object.keys(configs), ...apiNames]);
    const routes: Route[] = [];
    const problems: string[] = [];
    await inSlices(Object.entries(configs), setup.clock, ([name, config]) => {
      const same = known.get(name);
      const made =
        same !== undefined && isDeepStrictEqual(same.config, config)
          ? { route: same }
          : createRoute({ name, config, names });
      if ('route' in made) routes.push(made.route);
      else {
        const messages = made.problems.map(({ path, message }) => `${formatPath(['routes', ...path])}: ${message}`);
        problems.push(...messages.map((message) => placedAt(ownValue(places, name), message)));
      }
    });
    refuseRoutes(problems);
    return routes;
  }

  /** `changed`: those to check of all routes of the file. */
  async function checkModels(changed: readonly Route[], all: readonly Route[], places: Places): Promise<void> {
    // A model that is missing while others load may still come.
    if (setup.lookup.starting()) return;
    const ofOthers = table.all().flatMap(({ owner, route }) => (owner === 'file' ? [] : [route]));
    const bareArms = bareArmsOf([...ofOthers, ...all]);
    const problems: string[] = [];
    await inSlices(changed, setup.clock, (route) => {
      const found = problemsOf(route, { ...setup, bareArms });
      problems.push(...found.map((message) => placedAt(ownValue(places, route.name), message)));
    });
    refuseRoutes(problems);
  }

  return async ({ routes: next }) => {
    if (next === undefined) return undefined;
    const placeOf = (name: string) => ownValue(next.places, name) ?? '';
    const known = new Map(fileRoutes.routes.map((route) => [route.name, route]));
    const routes = await make(next, known);
    const added = routes.filter(({ name }) => !known.has(name)).map(({ name }) => name);
    const before = configsOf(fileRoutes.routes);
    const after = configsOf(routes);
    if (isDeepStrictEqual(before, after)) {
      return { settings: [], apply: () => fileRoutes.replace(routes, placeOf) };
    }
    const changed = routes.filter((route) => known.get(route.name) !== route);
    await checkModels(changed, routes, next.places);
    const differing = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
      (name) => !isDeepStrictEqual(before[name], after[name]),
    );
    return {
      settings: ['routes'],
      audit: {
        action: 'routes.apply',
        resource: differing.join(' '),
        right: 'route.change',
        on: differing,
        before: only(before, differing),
        after: only(after, differing),
      },
      check: () => {
        const rolledOut = added.find((name) => table.ownersOf(name).includes('rollout'));
        if (rolledOut !== undefined) throw new MillraceError('failed_precondition', sayRolledOut(rolledOut));
      },
      apply: () => {
        fileRoutes.replace(routes, placeOf);
        table.replace('file', routes);
        for (const name of added) {
          if (table.ownersOf(name).includes('api')) warnOfHidden(events, name, placeOf(name));
        }
      },
    };
  };
}

function configsOf(routes: readonly Route[]): Configs {
  return Object.fromEntries(routes.map(({ name, config }) => [name, config]));
}

function only(configs: Configs, names: readonly string[]): Configs {
  return Object.fromEntries(
    names.flatMap((name) => {
      const config = ownValue(configs, name);
      return config === undefined ? [] : [[name, config]];
    }),
  );
}

function placedAt(place: string | undefined, message: string): string {
  return place === undefined || place === '' ? message : `${place}: ${message}`;
}
