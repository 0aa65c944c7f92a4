import { type Static, Type } from '@sinclair/typebox';
import { LOG_LEVELS } from '../core/index.js';

const level = Type.Union(LOG_LEVELS.map((name) => Type.Literal(name)));

/** Logs and metrics. */
export const TelemetryOptionsSchema = Type.Object(
  {
    metrics: Type.Boolean({ default: true, description: 'Collect and serve Prometheus metrics.' }),
    accessLog: Type.Boolean({ default: true, description: 'A log line a request: all failures, some successes.' }),
    accessLogSuccessesPerSecond: Type.Number({ default: 10, minimum: 0 }),
    logLevel: Type.Union(
      [...LOG_LEVELS, 'silent' as const].map((name) => Type.Literal(name)),
      { default: 'info' },
    ),
    logLevels: Type.Record(Type.String(), level, {
      default: {},
      description: 'Level by room: repository, runtimes, engine, service, protocols, server, app.',
    }),
    logFormat: Type.Union([Type.Literal('auto'), Type.Literal('json'), Type.Literal('pretty')], {
      default: 'auto',
      description: '`auto`: pretty on a terminal, JSON lines elsewhere.',
    }),
  },
  { additionalProperties: false },
);

export type TelemetryOptions = Static<typeof TelemetryOptionsSchema>;
