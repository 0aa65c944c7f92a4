import { Type } from '@sinclair/typebox';
import type { ServiceLevel, SloBurnRate, SloEndpoints, SloReport } from '../slos.js';
import type { EndpointSpecs } from './endpoint-spec.js';
import { schemaOf } from './schema-of.js';

const Rate = Type.Optional(Type.Number({ minimum: 0, description: 'Missing where there were no requests.' }));
const Window = Type.Number({ minimum: 0 });

const SloBurnRateSchema = schemaOf<SloBurnRate>()(
  Type.Object(
    {
      severity: Type.String({ description: '`page`, `ticket`.' }),
      factor: Type.Number({ description: 'The alert fires while both rates are higher.' }),
      long_window_ms: Window,
      short_window_ms: Window,
      long_window_rate: Rate,
      short_window_rate: Rate,
      burning: Type.Boolean(),
    },
    {
      description:
        "How fast the error budget burns, beside the limit of an alert. 1: it would be spent at the end of the SLO's window.",
    },
  ),
);

const ServiceLevelSchema = schemaOf<ServiceLevel>()(
  Type.Object({
    slo: Type.String(),
    model: Type.Optional(Type.String({ description: 'Missing where it is about a route.' })),
    route: Type.Optional(Type.String()),
    indicator: Type.String({ description: '`availability`, `latency`, `first_token`.' }),
    threshold_ms: Type.Optional(
      Type.Number({ minimum: 0, description: 'The longest time of a good answer; missing for availability.' }),
    ),
    objective: Type.Number({ description: 'The share of the requests that have to be good.' }),
    window_ms: Window,
    requests: Type.Integer({ minimum: 0, description: 'Within the window.' }),
    bad_requests: Type.Integer({ minimum: 0 }),
    good_ratio: Rate,
    error_budget_remaining: Type.Number({
      description: 'Share of the error budget; negative where the objective is missed.',
    }),
    burn_rates: Type.Array(SloBurnRateSchema),
  }),
);

const SloReportSchema = schemaOf<SloReport>()(Type.Object({ slos: Type.Array(ServiceLevelSchema) }));

/** Service level objectives. */
export const SLO_ENDPOINTS: EndpointSpecs<SloEndpoints> = {
  'GET /slos': {
    tag: 'traffic',
    summary: 'Report how service level objectives are met',
    control: false,
    answer: SloReportSchema,
  },
};
