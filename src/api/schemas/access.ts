import { Type } from '@sinclair/typebox';
import type { AccessEndpoints, Explanation, PlacedGrant } from '../access.js';
import { parameter } from './common.js';
import type { EndpointSpecs } from './endpoint-spec.js';
import { schemaOf } from './schema-of.js';

const PlacedGrantSchema = schemaOf<PlacedGrant>()(
  Type.Object({
    role: Type.String(),
    models: Type.Optional(Type.Array(Type.String())),
    except: Type.Optional(Type.Array(Type.String(), { description: 'Actions of the role that it does not give.' })),
    place: Type.String({ description: 'Where it is written: `millrace.yaml:4:7`, `key:ci itself`.' }),
  }),
);

const ExplanationSchema = schemaOf<Explanation>()(
  Type.Object({
    principal: Type.String(),
    groups: Type.Array(Type.String()),
    action: Type.String(),
    resource: Type.String(),
    allowed: Type.Boolean(),
    seen: Type.Boolean({
      description: 'Where it is not allowed: true = 403, false = 404, as if there were no such name.',
    }),
    because: Type.Array(PlacedGrantSchema, { description: 'Each of these alone gives the right.' }),
    has: Type.Array(PlacedGrantSchema, { description: 'Where it is not allowed: all that there is.' }),
    would_do: Type.Array(Type.String(), { description: 'Roles that give the right.' }),
  }),
);

/** Who may do what. */
export const ACCESS_ENDPOINTS: EndpointSpecs<AccessEndpoints> = {
  'GET /access/explain': {
    tag: 'access',
    summary: 'Explain which grants allow an action to a principal, by default to the caller',
    control: false,
    query: {
      action: { ...parameter('`model.infer`, `route.change`.'), required: true },
      resource: parameter('The name of a model or a route; `*` = everything. Default: the server.'),
      principal: parameter(
        'A key by its name, `oidc:<issuer>/<subject>`, `cert:<name>`, `app:<name>`. Default: the caller.',
      ),
      group: parameter('A group of the token or certificate of `principal`; may come several times.', {
        type: 'array',
        items: { type: 'string' },
      }),
    },
    answer: ExplanationSchema,
  },
};
