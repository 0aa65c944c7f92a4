import { type Static, Type } from '@sinclair/typebox';
import type { KeyUseCases, ListedKey, MadeKey } from '../../service/index.js';
import { jsonResponse, type Route } from '../route.js';
import { LIMIT_PARAMETER, queryParameter, readLimit, timeOf } from './conditions.js';

const BASE = { tag: 'keys', access: 'key' } as const;
const PATH = '/millrace/v1/keys';
const strict = { additionalProperties: false } as const;
const Time = Type.String({ format: 'date-time' });
const Duration = (description: string) => Type.Optional(Type.Integer({ minimum: 0, description }));
/** Those of a key are sent with each decision, and stored with each key. */
const MAX_ITEMS = 100;
const Text = Type.String({ minLength: 1, maxLength: 256 });

const GrantSchema = Type.Object(
  {
    role: Text,
    models: Type.Optional(
      Type.Array(Text, {
        minItems: 1,
        maxItems: MAX_ITEMS,
        description: 'Names of models and routes; `*` stands for any text. Default: all.',
      }),
    ),
  },
  strict,
);

const CreateSchema = Type.Object(
  {
    name: Type.String({ description: 'Of the caller, in logs, bindings and quotas; no other key has it.' }),
    owner: Type.Optional(Type.String({ maxLength: 256, description: 'Who answers for it.' })),
    grants: Type.Optional(Type.Array(GrantSchema, { maxItems: MAX_ITEMS, description: 'What it may do.' })),
    groups: Type.Optional(Type.Array(Text, { maxItems: MAX_ITEMS, description: 'Of which bindings may speak.' })),
    expires_in_ms: Duration('After this time it admits nothing new; default: never.'),
  },
  strict,
);

const RotateSchema = Type.Object(
  {
    overlap_ms: Duration('How long the key that is replaced holds as well; default a day.'),
    expires_in_ms: Duration('When the key expires, from now on; default: as before.'),
  },
  strict,
);

const KEY = {
  name: Type.String(),
  source: Type.Union([Type.Literal('settings'), Type.Literal('store')]),
  state: Type.Union([Type.Literal('active'), Type.Literal('expired'), Type.Literal('revoked')]),
  grants: Type.Array(Type.Object({ role: Type.String(), models: Type.Optional(Type.Array(Type.String())) })),
  id: Type.Optional(Type.String({ description: 'Part of the key: `mr_<id>_…`.' })),
  owner: Type.Optional(Type.String()),
  groups: Type.Optional(Type.Array(Type.String())),
  created_at: Type.Optional(Time),
  created_by: Type.Optional(Type.String()),
  expires_at: Type.Optional(Time),
  rotated_at: Type.Optional(Time),
  previous_ends_at: Type.Optional(
    Type.String({ format: 'date-time', description: 'Until then the key before holds as well.' }),
  ),
  revoked_at: Type.Optional(Time),
  revoked_by: Type.Optional(Type.String()),
  last_used_at: Type.Optional(Type.String({ format: 'date-time', description: 'To the minute.' })),
};
const KeySchema = Type.Object(KEY);
const MadeSchema = Type.Object({
  ...KEY,
  key: Type.String({ description: 'Shown this once; nobody can find it out again.' }),
});
const ListSchema = Type.Object({
  keys: Type.Array(KeySchema),
  next: Type.Optional(Type.String({ description: '`after` of the next page; there is none where it is missing.' })),
});

/** Keys of callers. */
export function createKeyRoutes(keys: KeyUseCases): readonly Route[] {
  return [createListRoute(keys), createCreateRoute(keys), ...createOneRoutes(keys)];
}

function createListRoute(keys: KeyUseCases): Route {
  return {
    ...BASE,
    method: 'GET',
    path: PATH,
    summary: 'Keys that are not revoked: those of the settings, and those of the store by name',
    control: false,
    operation: { parameters: [LIMIT_PARAMETER, queryParameter('after', 'Those behind this name.')] },
    response: ListSchema,
    handle: async (call, { query }) => {
      const page = { limit: readLimit(query), after: query.get('after') ?? undefined };
      const { keys: found, next } = await keys.list(call, page);
      return jsonResponse({ keys: found.map(encodeKey), next });
    },
  };
}

function createCreateRoute(keys: KeyUseCases): Route {
  return {
    ...BASE,
    method: 'POST',
    path: PATH,
    summary: 'Makes a key, which is shown this once',
    control: true,
    body: { kind: 'json', schema: CreateSchema },
    response: MadeSchema,
    handle: async (call, { json }) => {
      // The server has checked it against the schema.
      const { expires_in_ms: expiresInMs, grants = [], ...rest } = json as Static<typeof CreateSchema>;
      return answerMade(await keys.create(call, { ...rest, grants, expiresInMs }));
    },
  };
}

function createOneRoutes(keys: KeyUseCases): readonly Route[] {
  const path = `${PATH}/{key}`;
  return [
    {
      ...BASE,
      method: 'GET',
      path,
      summary: 'One key, by its name or id',
      control: false,
      response: KeySchema,
      handle: async (call, { params: { key = '' } }) => jsonResponse(encodeKey(await keys.get(call, key))),
    },
    {
      ...BASE,
      method: 'POST',
      path: `${path}/rotate`,
      summary: 'Replaces the text of a key, which is shown this once; the one before holds for a while as well',
      control: true,
      body: { kind: 'json', schema: RotateSchema },
      response: MadeSchema,
      handle: async (call, { params: { key = '' }, json }) => {
        const { overlap_ms: overlapMs, expires_in_ms: expiresInMs } = json as Static<typeof RotateSchema>;
        return answerMade(await keys.rotate(call, key, { overlapMs, expiresInMs }));
      },
    },
    {
      ...BASE,
      method: 'POST',
      path: `${path}/revoke`,
      summary: 'Takes a key away for good; what runs for it ends',
      control: true,
      response: KeySchema,
      handle: async (call, { params: { key = '' } }) => jsonResponse(encodeKey(await keys.revoke(call, key))),
    },
  ];
}

function answerMade({ key, ...made }: MadeKey) {
  const answer = jsonResponse({ ...encodeKey(made), key });
  return { ...answer, headers: { ...answer.headers, 'cache-control': 'no-store' } };
}

function encodeKey({ name, grants, state, record }: ListedKey) {
  if (record === undefined) return { name, source: 'settings', state, grants };
  const { id, owner, groups, createdBy, revokedBy } = record;
  return {
    name,
    source: 'store',
    state,
    grants,
    id,
    owner,
    groups,
    created_at: timeOf(record.createdAtMs),
    created_by: createdBy,
    expires_at: timeOf(record.expiresAtMs),
    rotated_at: timeOf(record.rotatedAtMs),
    previous_ends_at: timeOf(record.previous?.endsAtMs),
    revoked_at: timeOf(record.revokedAtMs),
    revoked_by: revokedBy,
    last_used_at: timeOf(record.lastUsedAtMs),
  };
}
