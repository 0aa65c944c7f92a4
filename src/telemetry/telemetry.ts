import { type Clock, type EventBus, systemClock } from '../core/index.js';
import type { CacheUsage, MemoryUsage, ModelGauges, ModelStatus } from '../engine/index.js';
import type { Exposition, LogControl, ServiceGauges } from '../service/index.js';
import { startTracing, type TraceOpener } from '../tracing/index.js';
import { startAccessLog } from './logs/access-log.js';
import { type LogDestination, openOutput } from './logs/destination.js';
import { startEventLog } from './logs/event-log.js';
import { startFaultLog } from './logs/fault-log.js';
import { createLogger } from './logs/logger.js';
import { createMetrics } from './metrics/index.js';
import { cacheTokens } from './metrics/vllm-families.js';
import type { TelemetryOptions } from './options.js';

export interface TelemetrySetup {
  readonly options: TelemetryOptions;
  readonly events: EventBus;
  /** Of millrace, for `millrace_build_info`. */
  readonly version: string;
  /** Metrics have TensorFlow Serving's names, too. */
  readonly hasTensorflowNames: boolean;
  /** Read at each scrape. */
  readonly gauges: () => readonly ModelGauges[];
  readonly modelStates: () => readonly ModelStatus[];
  readonly cacheUsage: () => CacheUsage | undefined;
  readonly memoryUsage: () => MemoryUsage | undefined;
  /** Whether `trustParent.proxies` names the address. Default: it names none. */
  readonly isTrustedParent?: (address: string) => boolean;
  readonly clock?: Clock;
  /** Where log lines go; undefined = standard error. */
  readonly destination?: LogDestination;
}

/** Sums over models. */
export interface ModelLoad {
  readonly waitingRequests: number;
  readonly runningRequests: number;
  /** The largest share of its KV cache that the running requests of a language model use, 0 to 1; undefined = there is no such model. */
  readonly cacheUsage: number | undefined;
}

/** Metrics, logs and traces of one server. */
export interface Telemetry {
  /** Opens the trace of each request. */
  readonly traces: TraceOpener;
  /** Levels of the log while the server runs (`/v2/logging`). */
  readonly logs: LogControl;
  /** From now on, metrics read these gauges as well. */
  readService(gauges: ServiceGauges): void;
  /** The metrics in Prometheus' text format; empty when they are switched off. Scrapes at the same time share one. */
  render(): Promise<Exposition>;
  /** How busy all models together are, whether metrics are switched on or not. */
  load(): ModelLoad;
  /** Stops listening; every line logged so far is written when this resolves, and spans are sent, for three seconds at most. */
  close(): Promise<void>;
}

const NO_SERVICE: ServiceGauges = {
  rollouts: () => [],
  jobs: () => ({ queues: [], storedBytes: 0, pendingWebhooks: 0 }),
  files: () => ({ files: 0, bytes: 0 }),
  batches: () => ({ waiting: 0, running: 0, lines: 0, oldestMs: 0 }),
  usage: () => undefined,
  slos: () => [],
  payloads: () => undefined,
};

/** Starts listening to the events of one server. */
export async function createTelemetry(setup: TelemetrySetup): Promise<Telemetry> {
  const { options, events, clock = systemClock } = setup;
  const output = await openOutput(options.logFormat, setup.destination, (code) =>
    events.publish('outputFailed', { stream: 'stderr', code }),
  );
  const logger = createLogger(options, clock, output);
  const { isTrustedParent: isProxy = () => false } = setup;
  const tracing = startTracing({ ...options, isProxy, events, clock, version: setup.version });
  let service = NO_SERVICE;
  const metrics = options.metrics
    ? createMetrics({
        ...setup,
        rollouts: () => service.rollouts(),
        jobs: () => service.jobs(),
        files: () => service.files(),
        batches: () => service.batches(),
        usage: () => service.usage(),
        slos: () => service.slos(),
        payloads: () => service.payloads(),
        droppedLogLines: () => output.dropped,
        spans: tracing.counts,
      })
    : undefined;
  const stopLogs = [
    startEventLog(events, logger),
    options.accessLog
      ? startAccessLog({ events, clock, logger, successesPerSecond: options.accessLogSuccessesPerSecond })
      : startFaultLog({ events, clock, logger }),
  ];
  return {
    traces: tracing.opener,
    logs: logger,
    readService(gauges) {
      service = gauges;
    },
    render: async () => (await metrics?.render()) ?? { contentType: 'text/plain; charset=utf-8', body: '' },
    load: () => loadOf(setup.gauges()),
    async close() {
      // What happens meanwhile is logged.
      await tracing.close();
      metrics?.close();
      for (const stop of stopLogs) stop();
      await output.close();
    },
  };
}

function loadOf(gauges: readonly ModelGauges[]): ModelLoad {
  let waitingRequests = 0;
  let runningRequests = 0;
  let cacheUsage: number | undefined;
  for (const { queuedRequests, executingRequests, instances } of gauges) {
    waitingRequests += queuedRequests;
    runningRequests += executingRequests;
    const { active, size } = cacheTokens(instances);
    if (size > 0) cacheUsage = Math.max(cacheUsage ?? 0, active / size);
  }
  return { waitingRequests, runningRequests, cacheUsage };
}
