import { MillraceError } from '../../core/index.js';
import { admit } from '../../governance/index.js';
import { didYouMean } from '../../text/index.js';
import type { OwnedRoute } from './owned-routes.js';
import type { RouteTable } from './route-table.js';
import type { DeclaredRoute, RouteUseCases } from './types.js';

interface RouteUseCasesSetup {
  readonly routes: RouteTable;
  /** Where the settings declare a route. */
  readonly placeOf: (name: string) => string;
}

/** The use cases about routes. */
export function createRouteUseCases({ routes, placeOf }: RouteUseCasesSetup): RouteUseCases {
  const describe = ({ owner, route, isInForce }: OwnedRoute): DeclaredRoute => ({
    name: route.name,
    owner,
    config: route.config,
    place: owner === 'file' ? placeOf(route.name) : undefined,
    isInForce,
    isReady: routes.isReady(route),
  });
  const byName = () => routes.all().toSorted((a, b) => (a.route.name < b.route.name ? -1 : 1));
  return {
    list(call) {
      admit(call.principal, 'observe');
      return byName().map(describe);
    },
    get(call, name) {
      admit(call.principal, 'observe');
      const known = byName();
      const found = known.find(({ route, isInForce }) => route.name === name && isInForce);
      if (found !== undefined) return describe(found);
      const names = known.map(({ route }) => route.name);
      throw new MillraceError('not_found', `there is no route '${name}'${didYouMean(name, names, "'")}`);
    },
  };
}
