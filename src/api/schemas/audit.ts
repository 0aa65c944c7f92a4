import { Type } from '@sinclair/typebox';
import type { AuditEndpoints, AuditEntry, AuditPage } from '../audit.js';
import { LIMIT, parameter, Time } from './common.js';
import type { EndpointSpecs } from './endpoint-spec.js';
import { schemaOf } from './schema-of.js';

const AuditEntrySchema = schemaOf<AuditEntry>()(
  Type.Object(
    {
      chain: Type.String(),
      seq: Type.Integer({ minimum: 1 }),
      hash: Type.String(),
      index: Type.Optional(
        Type.Integer({ minimum: 0, description: 'Of an inference: its place among those that share its `seq`.' }),
      ),
      type: Type.String(),
      time: Time,
      outcome: Type.Optional(
        Type.String({ description: '`ok`, an error code, or `unknown` of a change whose end is not known.' }),
      ),
    },
    { description: 'What else an entry has depends on its type.' },
  ),
);

const AuditPageSchema = schemaOf<AuditPage>()(
  Type.Object({
    entries: Type.Array(AuditEntrySchema, { description: 'The newest first.' }),
    next: Type.Optional(Type.String({ description: '`after` of the next page; there is none where it is missing.' })),
  }),
);

const MOMENT = { type: 'string', format: 'date-time' };

/** Who did what to what. */
export const AUDIT_ENDPOINTS: EndpointSpecs<AuditEndpoints> = {
  'GET /audit': {
    tag: 'audit',
    summary: 'Search the audit trail, newest entries first',
    control: false,
    query: {
      limit: LIMIT,
      after: parameter('What `next` of the page before says.'),
      since: parameter('From this moment on.', MOMENT),
      until: parameter('Before this moment.', MOMENT),
      principal: parameter('Who: `key:ci`, `oidc:*`; `*` stands for any text.'),
      action: parameter('What: `model.load`, `model.*`.'),
      resource: parameter('To what: the name of a model or a route.'),
      outcome: parameter('`ok`, an error code, or `unknown`.'),
    },
    answer: AuditPageSchema,
  },
};
