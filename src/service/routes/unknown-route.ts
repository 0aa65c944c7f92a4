import { MillraceError } from '../../core/index.js';
import { didYouMean } from '../../text/index.js';
import type { RouteTable } from './route-table.js';

/** There is no route of the name: `not_found`, with one that is nearly called so. */
export function unknownRoute(routes: Pick<RouteTable, 'all'>, name: string): MillraceError {
  const names = routes.all().map(({ route }) => route.name);
  return new MillraceError('not_found', `there is no route '${name}'${didYouMean(name, names, "'")}`);
}
