import { Type } from '@sinclair/typebox';
import type { UsageEndpoints, UsageReport, UsageRow } from '../usage.js';
import { Count, oneOf, parameter, Time, timeFor } from './common.js';
import type { EndpointSpecs } from './endpoint-spec.js';
import { schemaOf } from './schema-of.js';

const UsageRowSchema = schemaOf<UsageRow>()(
  Type.Object({
    at: Type.Optional(timeFor('When the hour or day began (UTC).')),
    principal: Type.Optional(Type.String()),
    group: Type.Optional(
      Type.String({ description: "'' = in none. What members of several groups use counts for each." }),
    ),
    model: Type.Optional(Type.String({ description: "'' = the request has not come to one." })),
    version: Type.Optional(Type.Integer()),
    route: Type.Optional(Type.String()),
    arm: Type.Optional(Type.String()),
    requests: Count,
    answered: Count,
    refused: Count,
    failed: Count,
    cancelled: Count,
    rows: Count,
    prompt_tokens: Count,
    cached_tokens: Count,
    completion_tokens: Count,
    request_bytes: Count,
    response_bytes: Count,
    compute_ms: Type.Number({ minimum: 0 }),
    costs: Type.Record(Type.String(), Type.String(), { description: 'By currency, exactly: `{"USD": "0.0125"}`.' }),
  }),
);

const UsageReportSchema = schemaOf<UsageReport>()(
  Type.Object({
    from: Time,
    to: timeFor('That moment is not in it.'),
    by: Type.Array(Type.String()),
    granularity: Type.Optional(oneOf('hour', 'day')),
    lost_requests: Type.Integer({
      description: 'Since the start of the server: their usage could not be written.',
    }),
    rows: Type.Array(UsageRowSchema),
  }),
);

/** Who has used what. */
export const USAGE_ENDPOINTS: EndpointSpecs<UsageEndpoints> = {
  'GET /usage': {
    tag: 'usage',
    summary: 'Report usage and costs by principal, group, model, version, route and arm',
    description: 'Callers without the right `usage.read` get their own usage.',
    control: false,
    query: {
      from: parameter('ISO 8601; begins with the hour or day that it is in. Default: 24 hours before `to`.'),
      to: parameter('ISO 8601; ends with the hour or day that it is in. Default: now.'),
      by: parameter(
        'What to tell apart: `principal`, `group`, `model`, `version`, `route`, `arm`, with commas between.',
      ),
      granularity: parameter('Default: one sum.', { type: 'string', enum: ['hour', 'day'] }),
      format: parameter('Default: by the header Accept.', { type: 'string', enum: ['json', 'csv'] }),
    },
    answer: UsageReportSchema,
    mediaTypes: ['text/csv'],
  },
};
