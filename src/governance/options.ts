import { type Static, Type } from '@sinclair/typebox';
import type { DeepReadonly } from '../core/index.js';
import { IssuerSchema } from './identity/jwt/options.js';

const ScopeSchema = Type.Union([Type.Literal('infer'), Type.Literal('manage'), Type.Literal('observe')]);

const Pattern = Type.String({ minLength: 1, maxLength: 256 });

const Bound = (description: string) => Type.Optional(Type.String({ minLength: 1, maxLength: 512, description }));

/** A principal or a group gets a role on what has a name of one of the patterns. */
export const BindingSchema = Type.Object(
  {
    group: Bound('Who has this group in their token, certificate or key.'),
    principal: Bound(
      '`key:<name>`, `oidc:<issuer>/<subject>`, `cert:<name>`, [`app:<name>`](library.md#with-request-and-response).',
    ),
    role: Type.String({ minLength: 1, maxLength: 64, description: 'A built-in one, or one of `auth.roles`.' }),
    models: Type.Optional(
      Type.Array(Pattern, {
        minItems: 1,
        maxItems: 1_000,
        description:
          'Names of models and routes, in which `*` stands for any text. `fraud` holds for its labels, too; `fraud@canary` for that label only. Default: everything.',
      }),
    ),
  },
  { additionalProperties: false },
);

/** Who may do what. */
export const AuthOptionsSchema = Type.Object(
  {
    keys: Type.Array(
      Type.Object(
        {
          name: Type.String({
            minLength: 1,
            description:
              'Of the caller; shown in logs and the audit trail instead of the key. Without `:`, blanks and control characters.',
          }),
          key: Type.String({
            minLength: 16,
            description: 'The bearer key; use `${env:NAME}` or `${file:path}`.',
            'x-secret': true,
          }),
          scopes: Type.Array(ScopeSchema, {
            default: ['infer', 'observe'],
          }),
        },
        { additionalProperties: false },
      ),
      {
        default: [],
        description:
          'Static bearer keys. If there are any, every route except health and documentation requires one. [Read again](operations.md#reloading) when the file changes.',
      },
    ),
    issuers: Type.Array(IssuerSchema, {
      default: [],
      description:
        'OpenID Connect providers whose access tokens (JWT) are accepted as bearer tokens. If there are any, every route except health and documentation ' +
        'requires a key or a token. What their callers may do is said by bindings alone.',
    }),
    required: Type.Boolean({
      default: false,
      description:
        'Everybody needs a key, also where there are none under `auth.keys`: API keys of the store are enough. The first one is made by ' +
        '`millrace keys create --store`.',
      'x-flag': '--auth-required',
    }),
    roles: Type.Record(Type.String(), Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { maxItems: 100 }), {
      default: {},
      description:
        'Roles besides viewer, caller, operator, publisher, approver, auditor and admin: by name, lists of [actions](roles.md#actions); `model.*` stands for all that begin so. Read again when the file changes.',
    }),
    bindings: Type.Array(BindingSchema, {
      default: [],
      maxItems: 10_000,
      description:
        'Who has which [role](roles.md), on what. Rights add up, and nothing takes one away. [Read again](roles.md#changing-bindings) when the file changes.',
    }),
    maxFailedKeysPerMinute: Type.Integer({
      default: 20,
      minimum: 0,
      description:
        'Unknown keys that an address may send in a minute. After that, only keys that have come from there before are accepted; others are refused with 429 (gRPC: ' +
        '`RESOURCE_EXHAUSTED`). 0 = no limit.',
    }),
    allowAnonymous: Type.Boolean({
      default: false,
      description:
        'If there are no keys: allows listening on addresses other than loopback, and callers on other machines, with `auth.anonymousScopes`.',
      'x-flag': '--allow-anonymous',
    }),
    anonymousScopes: Type.Array(ScopeSchema, {
      default: ['infer', 'observe'],
      description:
        'What everybody may do with `auth.allowAnonymous`. `manage` is for containers whose platform loads and unloads models, ' +
        'such as those of SageMaker, and that nobody else reaches.',
    }),
  },
  { additionalProperties: false },
);

export type AuthOptions = DeepReadonly<Static<typeof AuthOptionsSchema>>;
