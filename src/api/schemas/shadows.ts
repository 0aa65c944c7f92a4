import { Type } from '@sinclair/typebox';
import type {
  Bucket,
  ComparedClasses,
  ComparedNumbers,
  ComparedOutput,
  ComparedTexts,
  LatencySummary,
  SampledTensor,
  ShadowEndpoints,
  ShadowLatency,
  ShadowPair,
  ShadowReport,
  ShadowSample,
} from '../shadows.js';
import { Count, Time } from './common.js';
import type { EndpointSpecs } from './endpoint-spec.js';
import { EstimateSchema } from './estimates.js';
import { schemaOf } from './schema-of.js';

const Counts = Type.Record(Type.String(), Count);
const MaybeEstimate = Type.Optional(EstimateSchema);
const BucketsSchema = Type.Array(
  schemaOf<Bucket>()(Type.Object({ low: Type.Number(), high: Type.Number(), count: Count })),
);

const LatencySummarySchema = schemaOf<LatencySummary>()(
  Type.Object({
    p50: Type.Optional(Type.Number()),
    p95: Type.Optional(Type.Number()),
    p99: Type.Optional(Type.Number()),
    buckets: BucketsSchema,
  }),
);
const ShadowLatencySchema = schemaOf<ShadowLatency>()(
  Type.Object({
    requests: Count,
    primary: LatencySummarySchema,
    shadow: LatencySummarySchema,
    difference: MaybeEstimate,
  }),
);

const ComparedNumbersSchema = schemaOf<ComparedNumbers>()(
  Type.Object({
    elements: Count,
    differing: MaybeEstimate,
    non_finite: Count,
    max_difference: Type.Number(),
    mean_difference: MaybeEstimate,
    buckets: BucketsSchema,
  }),
);
const ComparedClassesSchema = schemaOf<ComparedClasses>()(
  Type.Object({
    rows: Count,
    flips: MaybeEstimate,
    total_variation: MaybeEstimate,
    jensen_shannon: MaybeEstimate,
    buckets: BucketsSchema,
  }),
);
const ComparedTextsSchema = schemaOf<ComparedTexts>()(
  Type.Object({ elements: Count, exact: MaybeEstimate, normalised: MaybeEstimate }),
);
const ComparedOutputSchema = schemaOf<ComparedOutput>()(
  Type.Object({
    name: Type.String(),
    compared: Count,
    agreement: MaybeEstimate,
    mismatches: Counts,
    last_mismatch: Type.Optional(Type.String()),
    numbers: Type.Optional(ComparedNumbersSchema),
    classes: Type.Optional(ComparedClassesSchema),
    texts: Type.Optional(ComparedTextsSchema),
  }),
);

const SampledTensorSchema = schemaOf<SampledTensor>()(
  Type.Object({
    name: Type.String(),
    datatype: Type.String(),
    shape: Type.Array(Type.Integer()),
    elements: Type.Array(Type.String()),
    is_cut: Type.Boolean(),
  }),
);
const ShadowSampleSchema = schemaOf<ShadowSample>()(
  Type.Object({
    request_id: Type.String(),
    at: Time,
    severity: Type.Number(),
    outputs: Type.Array(Type.String()),
    inputs: Type.Array(SampledTensorSchema),
    primary: Type.Array(SampledTensorSchema),
    shadow: Type.Array(SampledTensorSchema),
  }),
);
const ShadowPairSchema = schemaOf<ShadowPair>()(
  Type.Object({
    primary: Type.String(),
    shadow: Type.String(),
    since_at: Time,
    requests: Count,
    compared: Count,
    agreement: MaybeEstimate,
    failures: Type.Object({ both: Count, only_primary: Count, only_shadow: Count }),
    errors: Counts,
    compute_ms: ShadowLatencySchema,
    outputs: Type.Array(ComparedOutputSchema),
    samples: Type.Array(ShadowSampleSchema),
  }),
);
const ShadowReportSchema = schemaOf<ShadowReport>()(
  Type.Object({
    route: Type.String(),
    shadow: Type.Optional(Type.String({ description: 'Who gets copies now: `fraud@canary`.' })),
    share: Type.Number(),
    since_at: Time,
    copied: Count,
    pending: Count,
    dropped: Counts,
    pairs: Type.Array(ShadowPairSchema, { description: 'Who has answered and who got the copy, the latest first.' }),
  }),
);

const tag = 'traffic';

/** What copies of the requests of routes have shown. */
export const SHADOW_ENDPOINTS: EndpointSpecs<ShadowEndpoints> = {
  'GET /routes/{route}/shadow': {
    tag,
    summary: "Compare the answers of a route's shadow with those its callers got",
    control: false,
    mediaTypes: ['text/plain', 'text/html'],
    answer: ShadowReportSchema,
  },
  'POST /routes/{route}/shadow/reset': {
    tag,
    summary: "Reset the counts and samples of a route's shadow",
    control: true,
  },
};
