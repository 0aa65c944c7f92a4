import { Type } from '@sinclair/typebox';
import type {
  AppliedRoutes,
  ApplyRoutes,
  DeclaredRoute,
  RouteChange,
  RouteDeclaration,
  RouteEndpoints,
  RouteHistory,
  RouteList,
  RouteRevision,
} from '../routes.js';
import { LIMIT, oneOf, parameter, strict, Time } from './common.js';
import type { EndpointSpecs } from './endpoint-spec.js';
import { RouteConfigSchema } from './route-config.js';
import { schemaOf } from './schema-of.js';

const RouteDeclarationSchema = schemaOf<RouteDeclaration>()(
  Type.Record(Type.String(), Type.Unknown(), { description: 'As in the settings.' }),
);
const DeclaredRouteSchema = schemaOf<DeclaredRoute>()(
  Type.Object({
    name: Type.String(),
    owner: oneOf('file', 'api', 'rollout'),
    place: Type.Optional(Type.String({ description: 'Where the settings declare it: `millrace.yaml:4:3`.' })),
    in_force: Type.Boolean({ description: 'False where a route of the same name comes first.' }),
    ready: Type.Boolean({ description: 'Whether any of its arms answers requests.' }),
    revision: Type.Integer({ description: 'Of what was declared through the API; 0 = nothing was.' }),
    changed_at: Type.Optional(Time),
    changed_by: Type.Optional(Type.String()),
    route: RouteConfigSchema,
  }),
);
const RouteListSchema = schemaOf<RouteList>()(
  Type.Object({
    routes: Type.Array(DeclaredRouteSchema),
    problem: Type.Optional(Type.String({ description: 'Why what was declared is not in force, and what to do.' })),
  }),
);
const RouteChangeSchema = schemaOf<RouteChange>()(
  Type.Object({
    name: Type.String(),
    change: oneOf('created', 'changed', 'removed', 'unchanged'),
    revision: Type.Integer({ description: 'The one that it has now, and in a dry run the one before.' }),
    before: Type.Optional(RouteConfigSchema),
    after: Type.Optional(RouteConfigSchema),
  }),
);
const ApplyRoutesSchema = schemaOf<ApplyRoutes>()(
  Type.Object(
    {
      routes: Type.Record(Type.String(), Type.Unknown(), {
        description: 'By name, as in the settings; null removes one. Others stay as they are.',
      }),
    },
    strict,
  ),
);
const AppliedRoutesSchema = schemaOf<AppliedRoutes>()(
  Type.Object({ dry_run: Type.Boolean(), changes: Type.Array(RouteChangeSchema) }),
);
const RouteRevisionSchema = schemaOf<RouteRevision>()(
  Type.Object({
    revision: Type.Integer(),
    route: Type.Optional(RouteConfigSchema),
    changed_at: Time,
    changed_by: Type.String(),
  }),
);
const RouteHistorySchema = schemaOf<RouteHistory>()(
  Type.Object({
    name: Type.String(),
    history: Type.Array(RouteRevisionSchema, { description: 'Without `route` where it was removed.' }),
  }),
);

const tag = 'traffic';

/** Routes: names that are called like models. */
export const ROUTE_ENDPOINTS: EndpointSpecs<RouteEndpoints> = {
  'GET /routes': {
    tag,
    summary: 'List the routes of all owners',
    control: false,
    etag: 'answer',
    answer: RouteListSchema,
  },
  'PUT /routes': {
    tag,
    summary: 'Declare, change and remove several routes: all or none',
    control: true,
    etag: 'change',
    query: { dry_run: parameter('Checks and says what would change.', { type: 'boolean' }) },
    body: ApplyRoutesSchema,
    answer: AppliedRoutesSchema,
  },
  'GET /routes/{route}': {
    tag,
    summary: 'Get a route',
    control: false,
    etag: 'answer',
    answer: DeclaredRouteSchema,
  },
  'PUT /routes/{route}': {
    tag,
    summary: 'Declare a route, or change it',
    control: true,
    etag: 'change',
    body: RouteDeclarationSchema,
    answer: RouteChangeSchema,
  },
  'DELETE /routes/{route}': {
    tag,
    summary: 'Remove a route; its sequences continue to their ends',
    control: true,
    etag: 'change',
    answer: RouteChangeSchema,
  },
  'GET /routes/{route}/history': {
    tag,
    summary: "List a route's history, newest first",
    control: false,
    query: { limit: LIMIT },
    answer: RouteHistorySchema,
  },
  'POST /routes/{route}/undo': {
    tag,
    summary: "Undo a route's last change, which is a change itself",
    control: true,
    etag: 'change',
    answer: RouteChangeSchema,
  },
};
