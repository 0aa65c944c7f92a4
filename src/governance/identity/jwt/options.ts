import { type Static, Type } from '@sinclair/typebox';
import type { DeepReadonly } from '../../../core/index.js';

/** Signatures that are taken: those whose keys are public. With HMAC, whoever may check a token could make one. */
export const JWT_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const;

export type JwtAlgorithm = (typeof JWT_ALGORITHMS)[number];

/** Who issues tokens for this server. */
export const IssuerSchema = Type.Object(
  {
    issuer: Type.String({
      minLength: 1,
      maxLength: 2_048,
      description:
        'URL of an OpenID Connect provider, exactly as in the claim `iss` of its tokens. `https`; `http` on loopback only.',
    }),
    name: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$',
        description: 'How it is called in names of principals: `oidc:<name>/<subject>`. Default: the host of the URL.',
      }),
    ),
    audience: Type.String({
      minLength: 1,
      maxLength: 2_048,
      description: 'Must be among the audiences (`aud`) of a token. The name of this API, not that of a client.',
    }),
    groupsClaim: Type.String({
      default: '',
      description:
        "Claim that holds the groups: a text or a list of texts. A path goes into objects: `realm_access.roles`. '' = no groups.",
    }),
    groupsPrefix: Type.String({
      default: '',
      maxLength: 128,
      description: 'Put in front of each group, so that groups of different issuers are not mistaken for each other.',
    }),
    principalClaim: Type.String({
      default: 'sub',
      minLength: 1,
      description: 'Claim that names the caller; a path as in `groupsClaim`.',
    }),
    algorithms: Type.Array(Type.Union(JWT_ALGORITHMS.map((name) => Type.Literal(name))), {
      default: [...JWT_ALGORITHMS],
      minItems: 1,
      description: 'Signatures that are accepted. Only those with public keys can be.',
    }),
    tokens: Type.Union([Type.Literal('at+jwt'), Type.Literal('access'), Type.Literal('any')], {
      default: 'access',
      description:
        'What is accepted: `at+jwt` = only what its header calls so (RFC 9068); `access` = also what has a claim that ID tokens never have; ' +
        '`any` = also what does not say what it is, for workloads (SPIFFE, GitHub Actions). What is known to be an ID token is refused by all of them.',
    }),
    clockSkewMs: Type.Integer({
      default: 30_000,
      minimum: 0,
      maximum: 600_000,
      description: 'By how much clocks may differ, for `exp` and `nbf`.',
    }),
    discoveryUrl: Type.String({
      default: '',
      description: "Where the provider's document is. Default: `/.well-known/openid-configuration` below the issuer.",
    }),
    jwksUri: Type.String({ default: '', description: 'Where its keys are, in place of asking the document.' }),
    caFile: Type.String({
      default: '',
      description: "Certificates (PEM) that the provider's must follow from; '' = those that the system trusts.",
      'x-path': true,
    }),
    tokenFile: Type.String({
      default: '',
      description:
        "A token that is sent to the provider, for Kubernetes: `/var/run/secrets/kubernetes.io/serviceaccount/token`; '' = none.",
      'x-path': true,
    }),
    refreshMs: Type.Integer({
      default: 300_000,
      minimum: 1_000,
      maximum: 86_400_000,
      description: 'Its keys are read again so often. A key that is gone is refused from then on.',
    }),
    maxStaleMs: Type.Integer({
      default: 3_600_000,
      minimum: 1_000,
      maximum: 604_800_000,
      description: 'How long known keys hold while the provider cannot be reached. After that its tokens get 503.',
    }),
  },
  { additionalProperties: false },
);

export type IssuerOptions = DeepReadonly<Static<typeof IssuerSchema>>;
