import { type Static, Type } from '@sinclair/typebox';
import { jsonResponse, type Route } from '../protocols/index.js';
import type { DeclaredRoute, RouteChange, RouteUseCases } from '../service/index.js';
import { readConditions, readFlag, readLimit, timeOf } from './read-request.js';
import { LIMIT_PARAMETER, taggedOperation, taggedResponse } from './untyped.js';

const BASE = { tag: 'traffic', access: 'key' } as const;
const PATH = '/millrace/v1/routes';

const Config = Type.Record(Type.String(), Type.Unknown(), { description: 'As in the settings.' });

const RouteSchema = Type.Object({
  name: Type.String(),
  owner: Type.Union([Type.Literal('file'), Type.Literal('api'), Type.Literal('rollout')]),
  place: Type.Optional(Type.String({ description: 'Where the settings declare it: `millrace.yaml:4:3`.' })),
  in_force: Type.Boolean({ description: 'False where a route of the same name comes first.' }),
  ready: Type.Boolean({ description: 'Whether any of its arms answers requests.' }),
  revision: Type.Integer({ description: 'Of what was declared through the API; 0 = nothing was.' }),
  changed_at: Type.Optional(Type.String({ format: 'date-time' })),
  changed_by: Type.Optional(Type.String()),
  route: Config,
});

const ListSchema = Type.Object({
  routes: Type.Array(RouteSchema),
  problem: Type.Optional(Type.String({ description: 'Why what was declared is not in force, and what to do.' })),
});

const ChangeSchema = Type.Object({
  name: Type.String(),
  change: Type.Union(['created', 'changed', 'removed', 'unchanged'].map((kind) => Type.Literal(kind))),
  revision: Type.Integer({ description: 'The one that it has now, and in a dry run the one before.' }),
  before: Type.Optional(Config),
  after: Type.Optional(Config),
});

const ApplySchema = Type.Object(
  {
    routes: Type.Record(Type.String(), Type.Unknown(), {
      description: 'By name, as in the settings; null removes one. Others stay as they are.',
    }),
  },
  { additionalProperties: false },
);

const HistorySchema = Type.Object({
  name: Type.String(),
  history: Type.Array(
    Type.Object({
      revision: Type.Integer(),
      route: Type.Union([Config, Type.Null()], { description: 'null: it was removed.' }),
      changed_at: Type.String({ format: 'date-time' }),
      changed_by: Type.String(),
    }),
  ),
});

/** Routes: names that are called like models. */
export function createRouteRoutes(routes: RouteUseCases): readonly Route[] {
  return [createListRoute(routes), createApplyRoute(routes), ...createOneRoutes(routes), ...createPastRoutes(routes)];
}

function createListRoute(routes: RouteUseCases): Route {
  return {
    ...BASE,
    method: 'GET',
    path: PATH,
    summary: 'All routes, of every owner',
    control: false,
    operation: taggedOperation(ListSchema, { isChange: false }),
    handle: (call) => {
      const { routes: known, tag, problem } = routes.list(call);
      return taggedResponse({ routes: known.map(encodeRoute), problem }, tag);
    },
  };
}

function createApplyRoute(routes: RouteUseCases): Route {
  const schema = Type.Object({ dry_run: Type.Boolean(), changes: Type.Array(ChangeSchema) });
  const { parameters = [], ...operation } = taggedOperation(schema, { isChange: true });
  const dryRun = {
    name: 'dry_run',
    in: 'query',
    description: 'Checks and says what would change.',
    schema: { type: 'boolean' },
  };
  return {
    ...BASE,
    method: 'PUT',
    path: PATH,
    summary: 'Declares, changes and removes several routes: all or none',
    control: true,
    body: { kind: 'json', schema: ApplySchema },
    operation: { ...operation, parameters: [...(parameters as readonly object[]), dryRun] },
    handle: async (call, { headers, query, json }) => {
      const isDryRun = readFlag(query, 'dry_run');
      const changes = await routes.apply(call, {
        // The server has checked it against the schema.
        routes: (json as Static<typeof ApplySchema>).routes,
        dryRun: isDryRun,
        expected: readConditions(headers),
      });
      return jsonResponse({ dry_run: isDryRun, changes: changes.map(encodeChange) });
    },
  };
}

function createOneRoutes(routes: RouteUseCases): readonly Route[] {
  const path = `${PATH}/{route}`;
  return [
    {
      ...BASE,
      method: 'GET',
      path,
      summary: 'One route',
      control: false,
      operation: taggedOperation(RouteSchema, { isChange: false }),
      handle: (call, { params: { route = '' } }) => {
        const found = routes.get(call, route);
        return taggedResponse(encodeRoute(found), found.tag);
      },
    },
    {
      ...BASE,
      method: 'PUT',
      path,
      summary: 'Declares a route, or changes it',
      control: true,
      body: { kind: 'json', schema: Config },
      operation: taggedOperation(ChangeSchema, { isChange: true }),
      handle: async (call, { params: { route: name = '' }, headers, json: route }) =>
        answerChange(await routes.put(call, name, { route, expected: readConditions(headers) })),
    },
    {
      ...BASE,
      method: 'DELETE',
      path,
      summary: 'Removes a route; its sequences go on to their ends',
      control: true,
      operation: taggedOperation(ChangeSchema, { isChange: true }),
      handle: async (call, { params: { route = '' }, headers }) =>
        answerChange(await routes.remove(call, route, readConditions(headers))),
    },
  ];
}

function createPastRoutes(routes: RouteUseCases): readonly Route[] {
  return [
    {
      ...BASE,
      method: 'GET',
      path: `${PATH}/{route}/history`,
      summary: 'What a route was, who changed it and when, newest first',
      control: false,
      operation: { parameters: [LIMIT_PARAMETER] },
      response: HistorySchema,
      handle: async (call, { params: { route: name = '' }, query }) => {
        const history = await routes.history(call, name, readLimit(query));
        return jsonResponse({
          name,
          history: history.map(({ revision, config = null, changedAtMs, changedBy }) => ({
            revision,
            route: config,
            changed_at: timeOf(changedAtMs),
            changed_by: changedBy,
          })),
        });
      },
    },
    {
      ...BASE,
      method: 'POST',
      path: `${PATH}/{route}/undo`,
      summary: 'Goes back to what a route was before its last change, which is a change itself',
      control: true,
      operation: taggedOperation(ChangeSchema, { isChange: true }),
      handle: async (call, { params: { route = '' }, headers }) =>
        answerChange(await routes.undo(call, route, readConditions(headers))),
    },
  ];
}

function encodeRoute({ name, owner, place, isInForce, isReady, tag, changedAtMs, changedBy, config }: DeclaredRoute) {
  const changed = { revision: Number(tag), changed_at: timeOf(changedAtMs), changed_by: changedBy };
  return { name, owner, place, in_force: isInForce, ready: isReady, ...changed, route: config };
}

function encodeChange({ name, change, before, after, tag }: RouteChange) {
  return { name, change, revision: Number(tag), before, after };
}

function answerChange(change: RouteChange) {
  return taggedResponse(encodeChange(change), change.tag);
}
