import { type Static, Type } from '@sinclair/typebox';
import type { DeepReadonly } from '../core/index.js';

const MIB = 1_048_576;

/** `telemetry.otlp` of the settings. */
export const OtlpOptionsSchema = Type.Object(
  {
    endpoint: Type.String({
      default: '',
      pattern: '^(https?://[^\\s/@?#]+(/[^\\s@?#]*)?)?$',
      description:
        'URL of an OpenTelemetry collector: `http://collector:4318` for OTLP over HTTP, `http://collector:4317` for gRPC. Traces are sent to `/v1/traces` below it. Empty: nothing is sent, and no request is traced.',
    }),
    protocol: Type.Union([Type.Literal('http/protobuf'), Type.Literal('http/json'), Type.Literal('grpc')], {
      default: 'http/protobuf',
      description: 'How it is sent, by the names of `OTEL_EXPORTER_OTLP_PROTOCOL`.',
    }),
    headers: Type.Record(
      Type.String({ pattern: '^[A-Za-z0-9-]{1,128}$' }),
      Type.String({ maxLength: 8_192, 'x-secret': true }),
      { default: {}, description: 'Headers, or metadata of gRPC, that are sent along, such as `authorization`.' },
    ),
    caFile: Type.String({
      default: '',
      'x-path': true,
      description:
        "PEM file of the authorities that have signed the collector's certificate. Default: those that Node.js trusts.",
    }),
    timeoutMs: Type.Integer({
      default: 10_000,
      minimum: 1,
      maximum: 600_000,
      description: 'The collector has to answer within this time.',
    }),
    serviceName: Type.String({
      default: 'millrace',
      minLength: 1,
      maxLength: 255,
      description: '`service.name` of everything that is sent.',
    }),
    resource: Type.Record(Type.String({ pattern: '^[^\\s]{1,255}$' }), Type.String({ maxLength: 1_024 }), {
      default: {},
      description: 'Further attributes of the resource, such as `deployment.environment.name`.',
    }),
  },
  { additionalProperties: false, default: {} },
);

/** `telemetry.traces` of the settings. */
export const TracesOptionsSchema = Type.Object(
  {
    rate: Type.Number({
      default: 0.01,
      minimum: 0,
      maximum: 1,
      description: 'Share of new traces that are recorded, where `telemetry.otlp.endpoint` is set.',
    }),
    maxPerSecond: Type.Number({
      default: 100,
      minimum: 0,
      maximum: 1_000_000,
      description: 'Most new traces that are recorded in a second. Traces of trusted parents do not count.',
    }),
    tail: Type.Object(
      {
        maxBytes: Type.Integer({
          default: 4 * MIB,
          minimum: 0,
          maximum: 1_024 * MIB,
          description:
            'Largest size, about, of the spans of the slowest requests, which are kept for a minute: of requests that were not sampled, the slowest of each model is sent each minute, and those that have failed at once, at most `maxPerSecond` of these.',
        }),
        maxRequests: Type.Integer({
          default: 1_024,
          minimum: 1,
          maximum: 1_000_000,
          description: 'Models whose slowest request is kept.',
        }),
      },
      { additionalProperties: false, default: {} },
    ),
    baggage: Type.Array(Type.String({ minLength: 1, maxLength: 255 }), {
      default: [],
      maxItems: 32,
      description:
        'Keys of W3C `baggage` that become attributes of the span of their request (`baggage.KEY`), up to 1,024 characters in all. All others are dropped.',
    }),
    maxQueuedBytes: Type.Integer({
      default: 4 * MIB,
      minimum: 65_536,
      maximum: 1_024 * MIB,
      description:
        'Largest size, about, of the spans that wait for the collector. While it is slow or unreachable, further spans are dropped and counted (`millrace_trace_spans_total`).',
    }),
  },
  { additionalProperties: false, default: {} },
);

/** `telemetry.trustParent` of the settings. */
export const TrustParentOptionsSchema = Type.Object(
  {
    principals: Type.Array(Type.String({ minLength: 1, maxLength: 255 }), {
      default: [],
      description:
        "Names of principals whose `traceparent` continues their trace: its sampled flag decides, and `tracestate` is passed on. Requests of others start a trace of their own, which is linked to the caller's.",
    }),
    proxies: Type.Array(Type.String({ maxLength: 64 }), {
      default: [],
      description:
        'The same for requests that arrive over connections from these addresses: IP addresses, networks (CIDR) and `unix`.',
    }),
  },
  { additionalProperties: false, default: {} },
);

export type OtlpOptions = DeepReadonly<Static<typeof OtlpOptionsSchema>>;
export type TracesOptions = DeepReadonly<Static<typeof TracesOptionsSchema>>;
export type TrustParentOptions = DeepReadonly<Static<typeof TrustParentOptionsSchema>>;
