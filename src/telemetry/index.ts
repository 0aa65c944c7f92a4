/** Room `telemetry` (rank 11): metrics and logs, made from events alone. */
export type { LogDestination } from './logs/destination.js';
export * from './options.js';
export { createTelemetry, type Telemetry, type TelemetrySetup } from './telemetry.js';
