import { MillraceError } from '../../core/index.js';
import { Claims, createSharedRoutes, type Dialect, type Route, type WireHeaders } from '../../protocols/index.js';

/** A route and the dialect whose it is. */
export interface TableRow {
  readonly dialect: Dialect;
  readonly route: Route;
  /** The dialect that a request asks for by a header, where several share the route. */
  readonly dialectOf?: (headers: WireHeaders) => Dialect | undefined;
}

/** The prefix of the API that is no protocol's but the server's own, and the dialect that has it. */
const OWN_PREFIX = '/millrace/';
export const OWN_NAME = 'millrace';

/**
 * The routes of all dialects of one listener, shared ones included. Throws `failed_precondition` where two of them claim the same
 * method and path and neither yields, or one claims what is the server's own: a path below `/millrace/`, or one of `taken`.
 */
export function createRouteTable(dialects: readonly Dialect[], taken: readonly Route[]): readonly TableRow[] {
  const all = [
    ...dialects.flatMap((dialect) => dialect.routes.map((route): TableRow => ({ dialect, route }))),
    ...createSharedRoutes(dialects),
  ];
  const insisting = new Set(all.filter(({ route }) => route.yields !== true).map(({ route }) => claimOf(route)));
  const rows = all.filter(({ route }) => route.yields !== true || !insisting.has(claimOf(route)));
  const own = new Set(taken.map(claimOf));
  const claims = new Claims();
  for (const { dialect, route } of rows) {
    const { method, path } = route;
    const key = claimOf(route);
    if (own.has(key) || (path.startsWith(OWN_PREFIX) && dialect.name !== OWN_NAME)) {
      const message = `the dialect '${dialect.name}' claims ${method} ${path}, which is the server's own`;
      throw new MillraceError('failed_precondition', message);
    }
    claims.add(
      key,
      dialect,
      (other) => `${method} ${path} is claimed by the dialects '${other}' and '${dialect.name}'`,
    );
  }
  return rows;
}

/** The routes, with paths without parameters, that no row of a table answers. */
export function unclaimedRoutes(rows: readonly TableRow[], routes: readonly Route[]): readonly Route[] {
  const methodsAt = createAllowedMethods(rows.map(({ route }) => route));
  return routes.filter(({ method, path }) => !methodsAt(path).split(', ').includes(method));
}

/**
 * The dialect that writes the errors of a path that no route has: the one with the route that begins most like it, so that its
 * clients can read that they have mistyped something. Of several the first; undefined = none has anything in common with it.
 */
export function closestDialect(rows: readonly TableRow[], path: string): Dialect | undefined {
  const segments = path.split('/').slice(1);
  let best: { readonly dialect: Dialect; readonly length: number } | undefined;
  for (const { dialect, route } of rows) {
    const pattern = route.path.split('/').slice(1);
    let length = 0;
    while (length < pattern.length && matches(pattern[length] as string, segments[length])) length++;
    if (length > (best?.length ?? 0)) best = { dialect, length };
  }
  return best?.dialect;
}

function matches(pattern: string, segment: string | undefined): boolean {
  return segment !== undefined && (pattern === segment || (pattern.includes('{') && segment !== ''));
}

/** What a route claims, whatever its parameters are called. */
function claimOf({ method, path }: Route): string {
  return `${method} ${path.replace(/\{\w+\}/g, '{}')}`;
}

interface Pattern {
  readonly method: string;
  readonly path: string;
}

/** Tells which methods a path would answer to, for 405 and its `Allow` header; '' when no route has it. */
export function createAllowedMethods(routes: readonly Pattern[]): (path: string) => string {
  const patterns = routes.map(({ method, path }) => ({
    method,
    // Paths hold letters, digits, `_`, `-` and `.` besides slashes and parameters.
    expression: new RegExp(`^${path.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}$`),
  }));
  return (path) => {
    const methods = new Set(patterns.filter(({ expression }) => expression.test(path)).map(({ method }) => method));
    if (methods.has('GET')) methods.add('HEAD');
    return [...methods].sort().join(', ');
  };
}
