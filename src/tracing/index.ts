/** Room `tracing` (rank 10): traces. Which requests are recorded, spans made from the stamps of their calls, and their export by OTLP. */
export { type TraceOpener, UNRECORDED } from './context/open-trace.js';
export type { SpanCounts } from './exporting/exporter.js';
export { OtlpOptionsSchema, TracesOptionsSchema, TrustParentOptionsSchema } from './options.js';
export { startTracing, type Tracing, type TracingSetup } from './tracing.js';
