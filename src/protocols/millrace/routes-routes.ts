import { Type } from '@sinclair/typebox';
import type { DeclaredRoute, RouteUseCases } from '../../service/index.js';
import { jsonResponse, type Route } from '../route.js';

const BASE = { tag: 'traffic', access: 'key' } as const;

const RouteSchema = Type.Object({
  name: Type.String(),
  owner: Type.Union([Type.Literal('file'), Type.Literal('api'), Type.Literal('rollout')]),
  place: Type.Optional(Type.String({ description: 'Where the settings declare it: `millrace.yaml:4:3`.' })),
  in_force: Type.Boolean({ description: 'False where a route of the same name comes first.' }),
  ready: Type.Boolean({ description: 'Whether any of its arms answers requests.' }),
  route: Type.Unsafe<unknown>({ type: 'object', description: 'As in the settings, completed with defaults.' }),
});

/** Routes: names that are called like models. */
export function createRouteRoutes(routes: RouteUseCases): readonly Route[] {
  return [
    {
      ...BASE,
      method: 'GET',
      path: '/millrace/v1/routes',
      summary: 'All routes, of every owner',
      control: false,
      response: Type.Object({ routes: Type.Array(RouteSchema) }),
      handle: (call) => jsonResponse({ routes: routes.list(call).map(encodeRoute) }),
    },
    {
      ...BASE,
      method: 'GET',
      path: '/millrace/v1/routes/{route}',
      summary: 'One route',
      control: false,
      response: RouteSchema,
      handle: (call, { params: { route = '' } }) => jsonResponse(encodeRoute(routes.get(call, route))),
    },
  ];
}

function encodeRoute({ name, owner, place, isInForce, isReady, config }: DeclaredRoute) {
  return { name, owner, place, in_force: isInForce, ready: isReady, route: config };
}
