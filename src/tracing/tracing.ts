import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type Clock, type EventBus, invalidArgument, messageOf, quoted } from '../core/index.js';
import { createTraceOpener, type TraceOpener, UNRECORDED } from './context/open-trace.js';
import { type ExporterOptions, type SpanCounts, SpanExporter } from './exporting/exporter.js';
import type { OtlpOptions, TracesOptions, TrustParentOptions } from './options.js';
import { startRecorder } from './recorder.js';
import { NAMES } from './spans/names.js';

export interface TracingSetup {
  readonly otlp: OtlpOptions;
  readonly traces: TracesOptions;
  readonly trustParent: TrustParentOptions;
  /** Whether `trustParent.proxies` names the address. */
  readonly isProxy: (address: string) => boolean;
  readonly events: EventBus;
  readonly clock: Clock;
  /** Of millrace. */
  readonly version: string;
  readonly startThread?: ExporterOptions['start'];
}

/** Traces of one server. */
export interface Tracing {
  readonly opener: TraceOpener;
  /** undefined = no spans are sent. */
  readonly counts: (() => SpanCounts) | undefined;
  /** Sends what is left. Rejects never. */
  close(): Promise<void>;
}

/** Starts to trace, where there is a collector to send spans to. Throws `invalid_argument` for an authority that cannot be read. */
export function startTracing(setup: TracingSetup): Tracing {
  const { otlp, traces, trustParent, isProxy, events, clock, version } = setup;
  if (otlp.endpoint === '') return { opener: UNRECORDED, counts: undefined, close: async () => undefined };
  const exporter = new SpanExporter({
    setup: { ...otlp, ca: readAuthorities(otlp.caFile), resource: resourceOf(otlp, version), version },
    maxQueuedBytes: traces.maxQueuedBytes,
    clock,
    events,
    ...(setup.startThread && { start: setup.startThread }),
  });
  const stop = startRecorder({
    events,
    clock,
    tail: { ...traces.tail, maxPerSecond: traces.maxPerSecond },
    baggage: new Set(traces.baggage),
    take: (spans) => exporter.add(spans),
  });
  const trusted = { principals: trustParent.principals, isProxy };
  return {
    opener: createTraceOpener({ sampling: traces, trusted, clock }),
    counts: () => exporter.counts,
    async close() {
      stop();
      await exporter.close();
    },
  };
}

function resourceOf({ serviceName, resource }: OtlpOptions, version: string) {
  return {
    [NAMES.serviceName]: serviceName,
    [NAMES.serviceVersion]: version,
    [NAMES.serviceInstanceId]: randomUUID(),
    ...resource,
  };
}

function readAuthorities(file: string): string | undefined {
  if (file === '') return undefined;
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw invalidArgument(`telemetry.otlp.caFile ${quoted(file)} cannot be read: ${messageOf(error)}`);
  }
}
