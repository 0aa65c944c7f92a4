import { Type } from '@sinclair/typebox';
import type { Quota, QuotaEndpoints, QuotaLimit, QuotaReport } from '../quotas.js';
import type { EndpointSpecs } from './endpoint-spec.js';
import { schemaOf } from './schema-of.js';

const duration = (description: string) => Type.Number({ minimum: 0, description });

const QuotaLimitSchema = schemaOf<QuotaLimit>()(
  Type.Object({
    limit: Type.String({ description: 'As the settings name it: `tokensPerMinute`.' }),
    unit: Type.String(),
    allowed: Type.Number({ description: 'Within the window; of `requestsPerSecond` at once.' }),
    remaining: Type.Number(),
    window_ms: Type.Optional(duration('Missing where it is about what runs at the same time.')),
    reset_ms: duration('Until all of it may be taken again.'),
  }),
);

const QuotaSchema = schemaOf<Quota>()(
  Type.Object({
    quota: Type.String(),
    principal: Type.Optional(Type.String({ description: 'Missing where it counts all callers together.' })),
    group: Type.Optional(Type.String()),
    model: Type.Optional(Type.String({ description: 'Missing where it counts all models together.' })),
    limits: Type.Array(QuotaLimitSchema),
  }),
);

const QuotaReportSchema = schemaOf<QuotaReport>()(
  Type.Object({
    quotas: Type.Array(QuotaSchema, { description: 'Those of which least is left first, at most 1,000.' }),
    omitted: Type.Integer({ minimum: 0, description: 'How many are not listed.' }),
  }),
);

/** What is left of quotas. */
export const QUOTA_ENDPOINTS: EndpointSpecs<QuotaEndpoints> = {
  'GET /quotas': {
    tag: 'access',
    summary: 'Report remaining quotas: of all callers with `quota.read`, else of the caller',
    control: false,
    answer: QuotaReportSchema,
  },
};
