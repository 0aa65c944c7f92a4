import { Type } from '@sinclair/typebox';
import { invalidArgument } from '../core/index.js';
import { jsonResponse, type Route } from '../protocols/index.js';
import type { AccessUseCases, ExplainedAccess } from '../service/index.js';
import { queryParameter } from './untyped.js';

const MAX_LENGTH = 512;
const MAX_GROUPS = 100;

const GrantsSchema = (description: string) =>
  Type.Array(
    Type.Object({
      role: Type.String(),
      models: Type.Optional(Type.Array(Type.String())),
      except: Type.Optional(Type.Array(Type.String(), { description: 'Actions of the role that it does not give.' })),
      place: Type.String({ description: 'Where it is written: `millrace.yaml:4:7`, `key:ci itself`.' }),
    }),
    { description },
  );

const ExplanationSchema = Type.Object({
  principal: Type.String(),
  groups: Type.Array(Type.String()),
  action: Type.String(),
  resource: Type.String(),
  allowed: Type.Boolean(),
  seen: Type.Boolean({
    description: 'Where it is not allowed: true = 403, false = 404, as if there were no such name.',
  }),
  because: GrantsSchema('Each of these alone gives the right.'),
  has: GrantsSchema('Where it is not allowed: all that there is.'),
  would_do: Type.Array(Type.String(), { description: 'Roles that give the right.' }),
});

/** Who may do what. */
export function createAccessRoutes(access: AccessUseCases): readonly Route[] {
  return [
    {
      tag: 'access',
      access: 'key',
      control: false,
      method: 'GET',
      path: '/millrace/v1/access/explain',
      summary: 'Which line lets somebody do something, or that none does; without `principal` about oneself',
      operation: {
        parameters: [
          { ...queryParameter('action', '`model.infer`, `route.change`.'), required: true },
          queryParameter('resource', 'The name of a model or a route; `*` = everything. Default: the server.'),
          queryParameter(
            'principal',
            'A key by its name, `oidc:<issuer>/<subject>`, `cert:<name>`. Default: the caller.',
          ),
          queryParameter('group', 'A group of the token or certificate of `principal`; may come several times.', {
            type: 'array',
            items: { type: 'string' },
          }),
        ],
      },
      response: ExplanationSchema,
      async handle(call, { query }) {
        const groups = query.getAll('group');
        if (groups.length > MAX_GROUPS)
          throw invalidArgument(`group: expected ${MAX_GROUPS} at most, got ${groups.length}`);
        const question = {
          principal: query.has('principal') ? readOne(query, 'principal') : undefined,
          groups: groups.map((group) => bounded('group', group)),
          action: readOne(query, 'action'),
          resource: query.has('resource') ? readOne(query, 'resource') : '',
        };
        return jsonResponse(encodeExplanation(await access.explain(call, question)));
      },
    },
  ];
}

function readOne(query: URLSearchParams, name: string): string {
  const [value, ...more] = query.getAll(name);
  if (value === undefined) throw invalidArgument(`${name} is missing, expected \`?${name}=…\` in the URL`);
  if (more.length > 0) throw invalidArgument(`${name}: expected one, got ${more.length + 1}`);
  return bounded(name, value);
}

function bounded(name: string, value: string): string {
  if (value.length <= MAX_LENGTH) return value;
  throw invalidArgument(`${name}: expected at most ${MAX_LENGTH} characters, got ${value.length}`);
}

function encodeExplanation({ isAllowed, isSeen, wouldDo, ...rest }: ExplainedAccess) {
  const { principal, groups, action, resource, because, has } = rest;
  return { principal, groups, action, resource, allowed: isAllowed, seen: isSeen, because, has, would_do: wouldDo };
}
