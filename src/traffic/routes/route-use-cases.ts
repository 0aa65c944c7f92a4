import type { AuditChange } from '../../audit/index.js';
import type { CallContext } from '../../core/index.js';
import type { Audited } from '../../governance/index.js';
import { admit } from '../../governance/index.js';
import type { RouteConfig } from '../../routing/index.js';
import type { Declared } from '../declarations/declared.js';
import { tagOf } from '../declarations/expected.js';
import type { AskedRoutes, DeclaredRoutes } from './declared-routes.js';
import type { FileRoutes } from './file-routes.js';
import type { OwnedRoute } from './owned-routes.js';
import type { RouteTable } from './route-table.js';
import type { AppliedRoutes, DeclaredRoute, RouteChange, RouteUseCases } from './types.js';
import { unknownRoute } from './unknown-route.js';

interface RouteUseCasesSetup {
  readonly table: RouteTable;
  readonly fileRoutes: FileRoutes;
  readonly declared: Declared;
  readonly declaredRoutes: DeclaredRoutes;
  readonly audited: Audited;
}

interface OneChange {
  readonly action: 'put' | 'delete';
  readonly name: string;
}

/** The use cases about routes. */
export function createRouteUseCases(setup: RouteUseCasesSetup): RouteUseCases {
  const { table, fileRoutes, declared, declaredRoutes, audited } = setup;

  const describe = ({ owner, route, isInForce }: OwnedRoute): DeclaredRoute => {
    const declaration = owner === 'api' ? declared.of('route', route.name) : undefined;
    return {
      name: route.name,
      owner,
      config: route.config,
      place: owner === 'file' ? fileRoutes.placeOf(route.name) : undefined,
      isInForce,
      isReady: table.isReady(route),
      tag: tagOf(declaration),
      changedAtMs: declaration?.changedAtMs,
      changedBy: declaration?.changedBy,
    };
  };
  const seenBy = ({ principal: { rights } }: CallContext) =>
    table
      .all()
      .filter(({ route }) => rights.allowOwn('route.read', route.name))
      .toSorted((a, b) => (a.route.name < b.route.name ? -1 : 1));
  const unknown = ({ principal }: CallContext, name: string) => unknownRoute(table, principal, name);
  const admitTo = (call: CallContext, name: string) =>
    admit(call.principal, 'route.read', { name, isOwn: true, unknown: () => unknown(call, name) });
  const changing = (call: CallContext, action: string, name: string) =>
    ({
      action: `route.${action}`,
      resource: name,
      right: 'route.change',
      // Callers with the right on a name may create its route.
      ...(action !== 'put' && { unknown: () => unknown(call, name) }),
      changeOf,
    }) as const;

  const changeOne = (call: CallContext, { action, name }: OneChange, asked: AskedRoutes): Promise<RouteChange> =>
    audited(call, changing(call, action, name), async () => {
      if (action === 'delete' && table.ownersOf(name).length === 0) throw unknown(call, name);
      const { changes } = await declaredRoutes.change(asked, { by: call.principal });
      return changes[0] as RouteChange;
    });

  return {
    list(call) {
      admit(call.principal, 'route.read', '');
      const tag = declaredRoutes.tagFor(call.principal);
      return { routes: seenBy(call).map(describe), tag, problem: declared.problem?.message };
    },
    get(call, name) {
      admitTo(call, name);
      const found = table.all().find(({ route, isInForce }) => route.name === name && isInForce);
      if (found === undefined) throw unknown(call, name);
      return describe(found);
    },
    async apply(call, { routes: given, dryRun = false, expected = {} }) {
      const routes = new Map(Object.entries(given).map(([name, value]) => [name, value === null ? undefined : value]));
      const names = [...routes.keys()];
      const on = names.length === 0 ? [''] : names;
      const asked = { routes, expectedOfAll: expected };
      const by = call.principal;
      if (!dryRun) {
        return audited(
          call,
          {
            action: 'routes.apply',
            resource: names.join(' '),
            right: 'route.change',
            on,
            changeOf: changeOfAll,
          },
          () => declaredRoutes.change(asked, { by }),
        );
      }
      for (const name of on) admit(by, 'route.read', { name, isOwn: true });
      return declaredRoutes.change(asked, { by, dryRun });
    },
    put: async (call, name, { route, expected = {} }) =>
      changeOne(call, { action: 'put', name }, { routes: new Map([[name, route]]), expected }),
    remove: async (call, name, expected = {}) =>
      changeOne(call, { action: 'delete', name }, { routes: new Map([[name, undefined]]), expected }),
    async history(call, name, limit) {
      admitTo(call, name);
      const revisions = await declared.history('route', name, limit);
      if (revisions.length === 0 && table.ownersOf(name).length === 0) throw unknown(call, name);
      return revisions.map(({ revision, value, changedAtMs, changedBy }) => ({
        revision,
        // The store has only what was checked here.
        config: value as RouteConfig | undefined,
        changedAtMs,
        changedBy,
      }));
    },
    undo: async (call, name, expected = {}) =>
      audited(call, changing(call, 'undo', name), () => declaredRoutes.undo(name, { by: call.principal, expected })),
  };
}

function changeOf({ before, after }: RouteChange): AuditChange {
  return { before, after };
}

function changeOfAll({ changes }: AppliedRoutes): AuditChange {
  const changed = changes.filter(({ change }) => change !== 'unchanged');
  const all = (pick: (change: RouteChange) => unknown) =>
    Object.fromEntries(changed.map((change) => [change.name, pick(change)]));
  return { before: all(({ before }) => before), after: all(({ after }) => after) };
}
