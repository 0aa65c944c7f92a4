import { MillraceError, type Principal } from '../../core/index.js';
import { didYouMean } from '../../text/index.js';
import type { RouteTable } from './route-table.js';

/** There is no route of the name: `not_found`, with one that is nearly called so and that the principal may read. */
export function unknownRoute(routes: Pick<RouteTable, 'all'>, { rights }: Principal, name: string): MillraceError {
  const names = routes.all().flatMap(({ route }) => (rights.allowOwn('route.read', route.name) ? [route.name] : []));
  return new MillraceError('not_found', `there is no route '${name}'${didYouMean(name, names, "'")}`);
}
