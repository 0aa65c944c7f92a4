import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { type Clock, type EventBus, type JsonValue, MillraceError, type Principal } from '../../core/index.js';
import { createRoute, type Route, type RouteConfig } from '../../routing/index.js';
import type { Declaration } from '../../store/index.js';
import { formatPath } from '../../text/index.js';
import type { Declared } from '../declarations/declared.js';
import { checkExpected, type Expected, StaleChange, tagOf } from '../declarations/expected.js';
import { bareArmsOf, problemsOf, type Surroundings } from './check-route.js';
import type { FileRoutes } from './file-routes.js';
import { inSlices } from './in-slices.js';
import { refuseRoutes, sayRolledOut, warnOfHidden } from './refuse-routes.js';
import { admitToParts } from './route-parts.js';
import type { RouteTable } from './route-table.js';
import type { AppliedRoutes, RouteChange } from './types.js';

interface DeclaredRoutesSetup extends Pick<Surroundings, 'lookup' | 'modelNames'> {
  readonly declared: Declared;
  readonly table: RouteTable;
  readonly fileRoutes: FileRoutes;
  readonly clock: Clock;
  readonly events: EventBus;
}

/** A change of several routes. */
export interface AskedRoutes {
  /** undefined removes one. */
  readonly routes: ReadonlyMap<string, unknown>;
  /** Of each that is named. */
  readonly expected?: Expected;
  /** Of all declarations. */
  readonly expectedOfAll?: Expected;
}

/** A route, or what is wrong with what it was to be made of. */
interface Made {
  readonly route?: Route;
  readonly problems: readonly string[];
}

const NOTHING: Made = { problems: [] };

/** The routes that were declared through the API. */
export class DeclaredRoutes {
  readonly #setup: DeclaredRoutesSetup;
  readonly #routes = new Map<string, Route>();
  /** Made while they were checked, until they are in the store. */
  readonly #checked = new Map<string, Route>();

  constructor(setup: DeclaredRoutesSetup) {
    this.#setup = setup;
    setup.declared.onChange((changed) => this.#take(changed));
  }

  /** Names the revision of all declarations that the principal may read. */
  tagFor({ rights }: Principal): string {
    const seen = this.#setup.declared.all('route').filter(({ name }) => rights.allowOwn('route.read', name));
    const revisions = seen.map(({ name, revision }) => `${name} ${revision}`);
    return createHash('sha256').update(revisions.toSorted().join('\n')).digest('hex').slice(0, 16);
  }

  /** Checks a change, and makes it unless `dryRun`; says what it does to each route. */
  change(
    asked: AskedRoutes,
    { by, dryRun = false }: { readonly by: Principal; readonly dryRun?: boolean },
  ): Promise<AppliedRoutes> {
    const { declared } = this.#setup;
    return declared.inTurn(async () => {
      const changes = await this.#change(asked, { by, dryRun });
      return { changes, tag: this.tagFor(by) };
    });
  }

  /** Goes back to what a route was before its last change. */
  undo(name: string, { by, expected = {} }: { readonly by: Principal; readonly expected?: Expected }) {
    const { declared } = this.#setup;
    return declared.inTurn(async () => {
      checkExpected(expected, { kind: 'route', name }, declared.of('route', name));
      const [last, before] = await declared.history('route', name, 2);
      if (last === undefined) {
        this.#checkOwner(name);
        throw new MillraceError('failed_precondition', `there is nothing to undo: no route '${name}' was declared`);
      }
      const routes = new Map([[name, before?.value]]);
      const [change] = await this.#change({ routes }, { by, dryRun: false });
      return change as RouteChange;
    });
  }

  async #change(
    { routes, expected = {}, expectedOfAll = {} }: AskedRoutes,
    { by, dryRun }: { readonly by: Principal; readonly dryRun: boolean },
  ): Promise<readonly RouteChange[]> {
    const { declared, events } = this.#setup;
    this.#checkAll(expectedOfAll, by);
    for (const name of routes.keys()) {
      this.#checkOwner(name);
      checkExpected(expected, { kind: 'route', name }, declared.of('route', name));
    }
    const made = await this.#make(routes, by);
    const planned = [...routes.keys()].map((name) => this.#compare(name, made.get(name)));
    const changing = planned.filter(({ change }) => change !== 'unchanged');
    if (dryRun || changing.length === 0) return planned;
    for (const { name, change } of changing) {
      const route = made.get(name);
      if (change !== 'removed' && route !== undefined) this.#checked.set(name, route);
    }
    try {
      await declared.commit(
        changing.map(({ name, after }) => ({ kind: 'route', name, value: after as JsonValue | undefined })),
        by.name,
      );
    } finally {
      this.#checked.clear();
    }
    const what = changing.map(({ name, change }) => `'${name}' ${change}`).join(', ');
    events.publish('diagnostic', { level: 'info', room: 'service', message: `routes changed by ${by.name}: ${what}` });
    return planned.map((change) => ({ ...change, tag: tagOf(declared.of('route', change.name)) }));
  }

  #checkAll({ tags }: Expected, by: Principal): void {
    if (tags === undefined || tags === 'any') return;
    const tag = this.tagFor(by);
    if (tags.includes(tag)) return;
    throw new StaleChange(`the routes are at "${tag}" now, expected "${tags[0]}": somebody has changed them meanwhile`);
  }

  /** Throws for a name that is not the API's to change. */
  #checkOwner(name: string): void {
    const { table, fileRoutes } = this.#setup;
    for (const owner of table.ownersOf(name)) {
      if (owner === 'api') continue;
      const place = fileRoutes.placeOf(name);
      const message =
        owner === 'rollout'
          ? sayRolledOut(name)
          : `route '${name}' is declared in ${place === '' ? 'the settings' : place}: change it there`;
      throw new MillraceError('failed_precondition', message);
    }
  }

  /** The routes of a change. Throws what is wrong with any of them. */
  async #make(asked: ReadonlyMap<string, unknown>, by: Principal): Promise<ReadonlyMap<string, Route>> {
    const { clock, fileRoutes } = this.#setup;
    const modelNames = () => this.#setup.modelNames().filter((name) => by.rights.allowOwn('model.read', name));
    const after = new Set([...fileRoutes.routes.map(({ name }) => name), ...this.#routes.keys()]);
    for (const [name, value] of asked) {
      if (value === undefined) after.delete(name);
      else after.add(name);
    }
    const made = new Map<string, Route>();
    const problems: string[] = [];
    await inSlices(asked, clock, ([name, value]) => {
      if (value === undefined) return;
      const { route, problems: found } = this.#makeOne(name, value, after);
      problems.push(...found);
      if (route !== undefined) made.set(name, route);
    });
    const known = [...this.#routes.values()].filter(
      (route) => !asked.has(route.name) || made.get(route.name) === route,
    );
    const bareArms = bareArmsOf([...fileRoutes.routes, ...known]);
    await inSlices(made.values(), clock, (route) => {
      admitToParts(by, route, this.#routes.get(route.name));
      problems.push(...problemsOf(route, { ...this.#setup, modelNames, bareArms }));
    });
    refuseRoutes(problems);
    return made;
  }

  #makeOne(name: string, value: unknown, names: ReadonlySet<string>): Made {
    const known = this.#routes.get(name);
    const { configs, problems } = this.#setup.fileRoutes.read({ [name]: value });
    const config = Object.hasOwn(configs, name) ? configs[name] : undefined;
    if (config === undefined) return { problems };
    if (known !== undefined && isDeepStrictEqual(known.config, config)) return { route: known, problems };
    const result = createRoute({ name, config, names });
    if ('route' in result) return { route: result.route, problems };
    return { problems: result.problems.map(({ path, message }) => `${formatPath(['routes', ...path])}: ${message}`) };
  }

  #compare(name: string, made: Route | undefined): RouteChange {
    const before = this.#routes.get(name)?.config;
    const tag = tagOf(this.#setup.declared.of('route', name));
    return { name, change: kindOf(before, made?.config), before, after: made?.config, tag };
  }

  /** Puts the stored declarations in force, and reports those that have become invalid. */
  #take(changed: readonly Declaration[]): void {
    const routes = changed.filter(({ kind }) => kind === 'route');
    if (routes.length === 0) return;
    const { table, fileRoutes, declared, events } = this.#setup;
    const names = new Set([...fileRoutes.routes, ...declared.all('route')].map(({ name }) => name));
    for (const { name, value } of routes) {
      const { route, problems } =
        value === undefined ? NOTHING : (this.#alreadyMade(name) ?? this.#makeOne(name, value, names));
      if (route === undefined) this.#routes.delete(name);
      else this.#routes.set(name, route);
      if (route !== undefined && table.ownersOf(name).includes('file'))
        warnOfHidden(events, name, fileRoutes.placeOf(name));
      if (problems.length === 0) continue;
      const message = `route '${name}', which was declared through the API, is not in force: ${problems.join('; ')}`;
      events.publish('diagnostic', { level: 'error', room: 'service', message });
    }
    table.replace('api', [...this.#routes.values()]);
  }

  #alreadyMade(name: string): Made | undefined {
    const route = this.#checked.get(name);
    return route && { route, problems: [] };
  }
}

function kindOf(before: RouteConfig | undefined, after: RouteConfig | undefined): RouteChange['change'] {
  if (after === undefined) return before === undefined ? 'unchanged' : 'removed';
  if (before === undefined) return 'created';
  return before === after || isDeepStrictEqual(before, after) ? 'unchanged' : 'changed';
}
