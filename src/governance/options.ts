import { type Static, Type } from '@sinclair/typebox';
import type { DeepReadonly } from '../core/index.js';
import { IssuerSchema } from './identity/jwt/options.js';

const ScopeSchema = Type.Union([Type.Literal('infer'), Type.Literal('manage'), Type.Literal('observe')]);

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
        description: 'Static bearer keys. If there are any, every route except health and documentation requires one.',
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
