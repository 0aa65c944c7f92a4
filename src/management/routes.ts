import type { DeclaredRoute, Encoded, RouteChange, RouteConfig, RouteEndpoints, RouteRevision } from '../api/index.js';
import { ROUTE_ENDPOINTS } from '../api/schemas/index.js';
import type { Route } from '../protocols/index.js';
import type {
  DeclaredRoute as KnownRoute,
  RouteChange as MadeChange,
  RouteRevision as PastRoute,
  RouteUseCases,
} from '../service/index.js';
import { timeOf } from '../text/index.js';
import { asItIs } from './as-it-is.js';
import { createEndpointRoutes, tagged } from './endpoint-route.js';
import { readConditions, readFlag, readLimit } from './read-request.js';

/** Routes: names that are called like models. */
export function createRouteRoutes(routes: RouteUseCases): readonly Route[] {
  return createEndpointRoutes<RouteEndpoints>(ROUTE_ENDPOINTS, {
    'GET /routes'(call) {
      const { routes: known, tag, problem } = routes.list(call);
      return tagged({ routes: known.map(encodeRoute), problem }, tag);
    },
    async 'PUT /routes'(call, { headers, query, body }) {
      const dryRun = readFlag(query, 'dry_run');
      const expected = readConditions(headers);
      const { changes, tag } = await routes.apply(call, { routes: body.routes, dryRun, expected });
      return tagged({ dry_run: dryRun, changes: changes.map(encodeChange) }, tag);
    },
    'GET /routes/{route}'(call, { params: { route } }) {
      const found = routes.get(call, route);
      return tagged(encodeRoute(found), found.tag);
    },
    async 'PUT /routes/{route}'(call, { params: { route: name }, headers, body: route }) {
      return answerChange(await routes.put(call, name, { route, expected: readConditions(headers) }));
    },
    async 'DELETE /routes/{route}'(call, { params: { route }, headers }) {
      return answerChange(await routes.remove(call, route, readConditions(headers)));
    },
    async 'GET /routes/{route}/history'(call, { params: { route: name }, query }) {
      const history = await routes.history(call, name, readLimit(query));
      return { body: { name, history: history.map(encodeRevision) } };
    },
    async 'POST /routes/{route}/undo'(call, { params: { route }, headers }) {
      return answerChange(await routes.undo(call, route, readConditions(headers)));
    },
  });
}

/** The API has a route as the settings have it. */
const told = asItIs<RouteConfig>();

function encodeRoute(found: KnownRoute): Encoded<DeclaredRoute> {
  const { name, owner, place, isInForce, isReady, tag, changedAtMs, changedBy, config } = found;
  return {
    name,
    owner,
    place,
    in_force: isInForce,
    ready: isReady,
    revision: Number(tag),
    changed_at: timeOf(changedAtMs),
    changed_by: changedBy,
    route: told(config),
  };
}

function answerChange(change: MadeChange) {
  return tagged<RouteChange>(encodeChange(change), change.tag);
}

function encodeChange({ name, change, before, after, tag }: MadeChange): Encoded<RouteChange> {
  return { name, change, revision: Number(tag), before: before && told(before), after: after && told(after) };
}

function encodeRevision({ revision, config, changedAtMs, changedBy }: PastRoute): Encoded<RouteRevision> {
  return { revision, route: config && told(config), changed_at: timeOf(changedAtMs), changed_by: changedBy };
}
