import { Type } from '@sinclair/typebox';
import type { CreateKey, Key, KeyEndpoints, KeyGrant, KeyPage, MadeKey, RotateKey } from '../keys.js';
import { LIMIT, oneOf, parameter, strict, Time, timeFor } from './common.js';
import type { EndpointSpecs } from './endpoint-spec.js';
import { schemaOf } from './schema-of.js';

const Duration = (description: string) => Type.Optional(Type.Integer({ minimum: 0, description }));
/** Those of a key are sent with each decision, and stored with each key. */
const MAX_ITEMS = 100;
const Text = Type.String({ minLength: 1, maxLength: 256 });

const KeyGrantSchema = schemaOf<KeyGrant>()(
  Type.Object(
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
  ),
);

const CreateKeySchema = schemaOf<CreateKey>()(
  Type.Object(
    {
      name: Type.String({ description: 'Of the caller, in logs, bindings and quotas; no other key has it.' }),
      owner: Type.Optional(Type.String({ maxLength: 256, description: 'Who answers for it.' })),
      grants: Type.Optional(Type.Array(KeyGrantSchema, { maxItems: MAX_ITEMS, description: 'What it may do.' })),
      groups: Type.Optional(Type.Array(Text, { maxItems: MAX_ITEMS, description: 'Of which bindings may speak.' })),
      expires_in_ms: Duration('After this time it admits nothing new; default: never.'),
    },
    strict,
  ),
);

const RotateKeySchema = schemaOf<RotateKey>()(
  Type.Object(
    {
      overlap_ms: Duration('How long the key that is replaced holds as well; default a day.'),
      expires_in_ms: Duration('When the key expires, from now on; default: as before.'),
    },
    strict,
  ),
);

const KEY = {
  name: Type.String(),
  source: oneOf('settings', 'store'),
  state: oneOf('active', 'expired', 'revoked'),
  grants: Type.Array(Type.Object({ role: Type.String(), models: Type.Optional(Type.Array(Type.String())) })),
  id: Type.Optional(Type.String({ description: 'Part of the key: `mr_<id>_…`.' })),
  owner: Type.Optional(Type.String()),
  groups: Type.Optional(Type.Array(Type.String())),
  created_at: Type.Optional(Time),
  created_by: Type.Optional(Type.String()),
  expires_at: Type.Optional(Time),
  rotated_at: Type.Optional(Time),
  previous_ends_at: Type.Optional(timeFor('Until then the key before holds as well.')),
  revoked_at: Type.Optional(Time),
  revoked_by: Type.Optional(Type.String()),
  last_used_at: Type.Optional(timeFor('To the minute.')),
};
const KeySchema = schemaOf<Key>()(Type.Object(KEY));
const MadeKeySchema = schemaOf<MadeKey>()(
  Type.Object({ ...KEY, key: Type.String({ description: 'Returned this once; it cannot be retrieved later.' }) }),
);
const KeyPageSchema = schemaOf<KeyPage>()(
  Type.Object({
    keys: Type.Array(KeySchema),
    next: Type.Optional(Type.String({ description: '`after` of the next page; there is none where it is missing.' })),
  }),
);

const tag = 'keys';

/** Keys of callers. */
export const KEY_ENDPOINTS: EndpointSpecs<KeyEndpoints> = {
  'GET /keys': {
    tag,
    summary: 'List keys that are not revoked: keys of the settings, then keys of the store by name',
    control: false,
    query: { limit: LIMIT, after: parameter('Those behind this name.') },
    answer: KeyPageSchema,
  },
  'POST /keys': {
    tag,
    summary: 'Create a key, which is returned this once',
    control: true,
    body: CreateKeySchema,
    answer: MadeKeySchema,
  },
  'GET /keys/{key}': { tag, summary: 'Get a key by its name or id', control: false, answer: KeySchema },
  'POST /keys/{key}/rotate': {
    tag,
    summary: 'Rotate a key; the new one is returned this once, and the previous one stays valid for `overlap_ms`',
    control: true,
    body: RotateKeySchema,
    answer: MadeKeySchema,
  },
  'POST /keys/{key}/revoke': {
    tag,
    summary: 'Revoke a key and end its running requests',
    control: true,
    answer: KeySchema,
  },
};
