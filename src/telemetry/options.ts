import { type Static, Type } from '@sinclair/typebox';
import { type DeepReadonly, LOG_LEVELS } from '../core/index.js';
import { OtlpOptionsSchema, TracesOptionsSchema, TrustParentOptionsSchema } from '../tracing/index.js';

const level = Type.Union(LOG_LEVELS.map((name) => Type.Literal(name)));

/** Logs, metrics and traces. */
export const TelemetryOptionsSchema = Type.Object(
  {
    metrics: Type.Boolean({
      default: true,
      description: 'Collect and serve Prometheus metrics.',
      'x-flag': '--allow-metrics',
    }),
    accessLog: Type.Boolean({
      default: true,
      description:
        'One log line for each request: all failures, some successes. Failures of models are logged in any case.',
    }),
    accessLogSuccessesPerSecond: Type.Number({
      default: 10,
      minimum: 0,
      description: 'Most successes that get a line in a second; the next line counts those skipped.',
    }),
    logLevel: Type.Union(
      [...LOG_LEVELS, 'silent' as const].map((name) => Type.Literal(name)),
      { default: 'info', description: 'Least severe level that is logged.', 'x-flag': '--log-level' },
    ),
    logLevels: Type.Record(Type.String(), level, {
      default: {},
      description:
        'Level by room: repository, runtimes, engine, sources, audit, store, service, protocols, server, tracing, app. Read again when the file changes.',
    }),
    logFormat: Type.Union([Type.Literal('auto'), Type.Literal('json'), Type.Literal('pretty')], {
      default: 'auto',
      description: '`auto`: pretty on a terminal, JSON lines elsewhere.',
      'x-flag': '--log-format',
    }),
    otlp: OtlpOptionsSchema,
    traces: TracesOptionsSchema,
    trustParent: TrustParentOptionsSchema,
  },
  { additionalProperties: false },
);

export type TelemetryOptions = DeepReadonly<Static<typeof TelemetryOptionsSchema>>;
