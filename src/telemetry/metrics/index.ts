import type { Registry } from 'prom-client';
import type { ErrorCode, EventBus, Events } from '../../core/index.js';
import type { CacheUsage, MemoryUsage, ModelGauges, ModelStatus } from '../../engine/index.js';
import type {
  BatchGauges,
  Exposition,
  FileGauges,
  JobGauges,
  PayloadCounts,
  RolloutGauge,
  SloGauge,
  UsageGauge,
} from '../../service/index.js';
import type { SpanCounts } from '../../tracing/index.js';
import { BatchMetrics } from './batch-metrics.js';
import { cacheFamilies } from './cache-families.js';
import { type Family, single } from './family.js';
import { generationFamilies } from './generation-families.js';
import { JobMetrics } from './job-metrics.js';
import { memoryFamilies } from './memory-families.js';
import { modelFamilies } from './model-families.js';
import { payloadFamilies } from './payload-families.js';
import { createProcessMetrics } from './process-metrics.js';
import { QuotaMetrics } from './quota-metrics.js';
import { RepositoryMetrics } from './repository-metrics.js';
import { RolloutMetrics } from './rollout-metrics.js';
import { RouteMetrics } from './route-metrics.js';
import { createRunnerFamilies } from './runner-metrics.js';
import { runtimeFamilies } from './runtime-families.js';
import { createServerMetrics } from './server-metrics.js';
import { ShadowMetrics } from './shadow-metrics.js';
import { sloFamilies } from './slo-families.js';
import { spanFamilies } from './span-families.js';
import { tensorflowFamilies } from './tensorflow-families.js';
import { tritonFamilies } from './triton-families.js';
import { usageFamilies } from './usage-families.js';
import { createVersionGauge } from './version-gauge.js';
import { VersionRegistry } from './version-registry.js';
import { vllmFamilies } from './vllm-families.js';

export interface Metrics {
  render(): Promise<Exposition>;
  close(): void;
}

export interface MetricsOptions {
  readonly events: EventBus;
  /** Of millrace, for `millrace_build_info`. */
  readonly version: string;
  readonly gauges: () => readonly ModelGauges[];
  readonly modelStates: () => readonly ModelStatus[];
  readonly cacheUsage: () => CacheUsage | undefined;
  readonly memoryUsage: () => MemoryUsage | undefined;
  /** Of rollouts that are not over. */
  readonly rollouts: () => readonly RolloutGauge[];
  readonly jobs: () => JobGauges;
  readonly files: () => FileGauges;
  readonly batches: () => BatchGauges;
  /** undefined: usage is not counted. */
  readonly usage: () => UsageGauge | undefined;
  readonly slos: () => readonly SloGauge[];
  /** undefined: nothing is recorded. */
  readonly payloads: () => PayloadCounts | undefined;
  /** TensorFlow Serving's names, too. */
  readonly hasTensorflowNames: boolean;
  /** Log lines lost because their reader was too slow. */
  readonly droppedLogLines: () => number;
  /** undefined: no spans are sent. */
  readonly spans: (() => SpanCounts) | undefined;
}

/** Counts what the events tell, in a registry of its own. */
export function createMetrics(options: MetricsOptions): Metrics {
  const { events, version, gauges, modelStates, cacheUsage, droppedLogLines } = options;
  const versions = new VersionRegistry();
  const gauge = createVersionGauge(versions, gauges);
  const unresolved = new Map<ErrorCode, number>();
  const routes = new RouteMetrics();
  const shadows = new ShadowMetrics();
  const rollouts = new RolloutMetrics(options.rollouts);
  const jobs = new JobMetrics(options.jobs);
  const batches = new BatchMetrics(options);
  const quotas = new QuotaMetrics();
  const server = createServerMetrics(events);
  const repositories = new RepositoryMetrics();
  const runners = createRunnerFamilies(events);
  const processMetrics = createProcessMetrics(version);

  const subscriptions = [
    ...runners.subscriptions,
    ...server.subscriptions,
    events.subscribe('inferFinished', (event) => {
      routes.record(event);
      if (event.ref !== undefined) versions.of(event.ref).recordInfer(event);
      else if (event.error !== undefined) {
        unresolved.set(event.error.code, (unresolved.get(event.error.code) ?? 0) + 1);
      }
    }),
    events.subscribe('shadowCompared', (event) => shadows.compared(event)),
    events.subscribe('shadowDropped', (event) => shadows.dropped(event)),
    events.subscribe('quotaExceeded', (event) => quotas.record(event)),
    events.subscribe('repositoryScanned', (event) => repositories.record(event)),
    events.subscribe('rolloutDecided', (event) => rollouts.record(event)),
    events.subscribe('jobEnded', (event) => jobs.record(event)),
    events.subscribe('webhookAttempted', (event) => jobs.recordAttempt(event)),
    events.subscribe('batchProgressed', (event) => batches.progressed(event)),
    events.subscribe('batchEnded', (event) => batches.ended(event)),
    events.subscribe('usageGrew', (event) => versions.of(event.ref).generation.recordUsage(event)),
    events.subscribe('batchFinished', (event) => versions.of(event.ref).recordBatch(event)),
    events.subscribe('modelStateChanged', (event) => recordState(versions, event)),
  ];

  const families = [
    ...tritonFamilies(versions, gauge),
    ...cacheFamilies(versions, cacheUsage),
    ...modelFamilies({ versions, unresolved, gauge, modelStates }),
    ...generationFamilies(versions),
    ...vllmFamilies(versions, gauges),
    ...(options.hasTensorflowNames ? tensorflowFamilies(versions) : []),
    ...[routes, shadows, rollouts, jobs, batches, quotas, repositories].flatMap((metrics) => metrics.families()),
    ...server.families,
    ...usageFamilies(options.usage),
    ...sloFamilies(options.slos),
    ...payloadFamilies(options.payloads),
    ...runners.families,
    ...memoryFamilies(options.memoryUsage),
    ...processMetrics.families,
    ...spanFamilies(options.spans),
    ...logFamilies(droppedLogLines),
  ];
  let registry: Registry | undefined;

  async function collect(): Promise<Exposition> {
    // Only a scrape needs prom-client, and a server starts faster without.
    const { createRegistry } = await import('./registry.js');
    registry ??= createRegistry(families);
    for (const { name, version: number, info } of modelStates()) {
      const metrics = versions.known({ name, version: number });
      if (info === undefined || metrics === undefined) continue;
      metrics.tag(info.source.config.metricTags);
      metrics.generation.counted ||= info.tasks?.generate !== undefined;
    }
    const parts: string[] = [];
    for (const { name } of families) {
      parts.push(await registry.getSingleMetricAsString(name));
      // A thousand models make megabytes of text; requests need not wait for all of it.
      await new Promise(setImmediate);
    }
    const ofRuntimes = runtimeFamilies(versions, gauges());
    if (ofRuntimes.length > 0) parts.push((await createRegistry(ofRuntimes).metrics()).trimEnd());
    return { contentType: registry.contentType, body: `${parts.join('\n\n')}\n` };
  }

  let running: Promise<Exposition> | undefined;
  return {
    render() {
      running ??= collect().finally(() => {
        running = undefined;
      });
      return running;
    },
    close() {
      for (const unsubscribe of subscriptions) unsubscribe();
      processMetrics.close();
    },
  };
}

function logFamilies(droppedLogLines: () => number): readonly Family[] {
  return [
    {
      name: 'millrace_log_lines_dropped_total',
      help: 'Log lines lost because their reader was too slow or had gone, or the disk was full.',
      type: 'counter',
      collect: () => single(droppedLogLines()),
    },
  ];
}

function recordState(versions: VersionRegistry, { ref, state, loadMs }: Events['modelStateChanged']): void {
  if (state.kind === 'unloaded' || state.kind === 'failed') versions.retire(ref);
  if (state.kind !== 'ready') return;
  const metrics = versions.activate(ref);
  if (loadMs !== undefined) metrics.loadMs = loadMs;
}
