import { Type } from '@sinclair/typebox';
import { acceptedTypes, emptyResponse, jsonResponse, type Route } from '../protocols/index.js';
import type { ShadowUseCases } from '../service/index.js';
import { reportAsHtml, reportAsText } from '../shadows/index.js';

const BASE = { tag: 'traffic', access: 'key' } as const;

const Count = Type.Integer({ minimum: 0 });
const Counts = Type.Record(Type.String(), Count);
const EstimateSchema = Type.Optional(
  Type.Object(
    { value: Type.Number(), low: Type.Number(), high: Type.Number() },
    { description: 'An estimate and its 95 % confidence interval; missing where nothing is known.' },
  ),
);
const BucketsSchema = Type.Array(Type.Object({ low: Type.Number(), high: Type.Number(), count: Count }));
const LatencySchema = Type.Object({
  p50: Type.Optional(Type.Number()),
  p95: Type.Optional(Type.Number()),
  p99: Type.Optional(Type.Number()),
  buckets: BucketsSchema,
});
const OutputSchema = Type.Object({
  name: Type.String(),
  compared: Count,
  agreement: EstimateSchema,
  mismatches: Counts,
  last_mismatch: Type.Optional(Type.String()),
  numbers: Type.Optional(
    Type.Object({
      elements: Count,
      differing: EstimateSchema,
      non_finite: Count,
      max_difference: Type.Number(),
      mean_difference: EstimateSchema,
      buckets: BucketsSchema,
    }),
  ),
  classes: Type.Optional(
    Type.Object({
      rows: Count,
      flips: EstimateSchema,
      total_variation: EstimateSchema,
      jensen_shannon: EstimateSchema,
      buckets: BucketsSchema,
    }),
  ),
  texts: Type.Optional(Type.Object({ elements: Count, exact: EstimateSchema, normalised: EstimateSchema })),
});
const TensorSchema = Type.Object({
  name: Type.String(),
  datatype: Type.String(),
  shape: Type.Array(Type.Integer()),
  elements: Type.Array(Type.String()),
  is_cut: Type.Boolean(),
});
const SampleSchema = Type.Object({
  request_id: Type.String(),
  at_ms: Type.Number(),
  severity: Type.Number(),
  outputs: Type.Array(Type.String()),
  inputs: Type.Array(TensorSchema),
  primary: Type.Array(TensorSchema),
  shadow: Type.Array(TensorSchema),
});
const PairSchema = Type.Object({
  primary: Type.String(),
  shadow: Type.String(),
  since_ms: Type.Number(),
  requests: Count,
  compared: Count,
  agreement: EstimateSchema,
  failures: Type.Object({ both: Count, only_primary: Count, only_shadow: Count }),
  errors: Counts,
  compute_ms: Type.Object({
    requests: Count,
    primary: LatencySchema,
    shadow: LatencySchema,
    difference: EstimateSchema,
  }),
  outputs: Type.Array(OutputSchema),
  samples: Type.Array(SampleSchema),
});
const ReportSchema = Type.Object({
  route: Type.String(),
  shadow: Type.Optional(Type.String({ description: 'Who gets copies now: `fraud@canary`.' })),
  share: Type.Number(),
  since_ms: Type.Number({ description: 'Since the Unix epoch.' }),
  copied: Count,
  pending: Count,
  dropped: Counts,
  pairs: Type.Array(PairSchema, { description: 'Who has answered and who got the copy, the latest first.' }),
});

/** In which a report may be had, by the header Accept. */
const TYPES = ['application/json', 'text/plain', 'text/html'] as const;
const REPRESENTATIONS = {
  responses: {
    200: {
      description: 'Success',
      content: {
        'application/json': { schema: ReportSchema },
        'text/plain': { schema: { type: 'string' } },
        'text/html': { schema: { type: 'string' } },
      },
    },
  },
};
/** A page without scripts: names that callers have chosen are text in it. */
const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
  'x-content-type-options': 'nosniff',
} as const;

/** What copies of the requests of routes have shown. */
export function createShadowRoutes(shadows: ShadowUseCases): readonly Route[] {
  return [
    {
      ...BASE,
      method: 'GET',
      path: '/millrace/v1/routes/{route}/shadow',
      summary: 'How the shadow of a route compares with what answers its callers',
      control: false,
      response: ReportSchema,
      operation: REPRESENTATIONS,
      handle: async (call, { params: { route = '' }, accept }) => {
        const report = await shadows.report(call, route);
        const type = wantedType(accept);
        if (type === 'text/html') {
          return { status: 200, headers: PAGE_HEADERS, body: reportAsHtml(report) };
        }
        if (type === 'text/plain') {
          return { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: reportAsText(report) };
        }
        return jsonResponse(snakeKeys(report));
      },
    },
    {
      ...BASE,
      method: 'POST',
      path: '/millrace/v1/routes/{route}/shadow/reset',
      summary: 'Forgets what has been counted of the shadow of a route, and its samples',
      control: true,
      handle: async (call, { params: { route = '' } }) => {
        await shadows.reset(call, route);
        return emptyResponse();
      },
    },
  ];
}

/** The type of {@link TYPES} that a client would like best; JSON where it names none of them. */
function wantedType(accept = ''): (typeof TYPES)[number] {
  for (const type of acceptedTypes(accept)) {
    const known = TYPES.find((each) => each === type);
    if (known !== undefined) return known;
  }
  return 'application/json';
}

/** The value with the keys of its objects in snake case, as all of this API. */
function snakeKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeKeys);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      snakeKeys(inner),
    ]),
  );
}
