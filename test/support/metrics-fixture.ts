import { afterEach } from 'vitest';
import { EventBus } from '../../src/core/index.js';
import { createMetrics, type Metrics, type MetricsOptions } from '../../src/telemetry/metrics/index.js';

/** Samples by `name{labels in order of name}`. */
export type Samples = ReadonlyMap<string, number>;

/** Metrics of a server that consists of its events only. */
function startMetrics(
  events: EventBus,
  sources: Partial<
    Pick<
      MetricsOptions,
      'gauges' | 'modelStates' | 'cacheUsage' | 'memoryUsage' | 'rollouts' | 'usage' | 'slos' | 'hasTensorflowNames'
    >
  > = {},
): Metrics & { scrape(): Promise<Samples> } {
  const metrics = createMetrics({
    events,
    version: '1.2.3',
    gauges: () => [],
    modelStates: () => [],
    cacheUsage: () => undefined,
    memoryUsage: () => undefined,
    rollouts: () => [],
    jobs: () => ({ queues: [], storedBytes: 0, pendingWebhooks: 0 }),
    files: () => ({ files: 0, bytes: 0 }),
    batches: () => ({ waiting: 0, running: 0, lines: 0, oldestMs: 0 }),
    usage: () => undefined,
    spans: () => ({ exported: 5, dropped: 2 }),
    slos: () => [],
    payloads: () => ({ written: 4, dropped: 3 }),
    hasTensorflowNames: false,
    droppedLogLines: () => 7,
    ...sources,
  });
  return { ...metrics, scrape: async () => parseExposition((await metrics.render()).body) };
}

/** Starts metrics with a bus of their own, and closes them after each test. */
export function useMetrics() {
  let close = (): void => {};
  afterEach(() => close());
  return (sources: Parameters<typeof startMetrics>[1] = {}) => {
    const events = new EventBus();
    const metrics = startMetrics(events, sources);
    close = metrics.close;
    return { events, ...metrics };
  };
}

const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*",?)*)\})? (\S+)$/;

/** The samples by `name{labels in order of name}`; throws on what Prometheus would not take. */
export function parseExposition(text: string): Samples {
  const samples = new Map<string, number>();
  let family = '';
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const [, kind, name] = /^# (HELP|TYPE) (\S+) ./.exec(line) ?? [];
    if (kind === 'HELP') family = name ?? '';
    if (kind !== undefined) continue;
    const [, sample = '', labels = '', value] = SAMPLE.exec(line) ?? [];
    if (sample.replace(/_(bucket|sum|count)$/, '') !== family && sample !== family)
      throw new Error(`misplaced: ${line}`);
    const key = `${sample}{${(labels.match(/[^,=]+="(?:[^"\\]|\\.)*"/g) ?? []).sort().join(',')}}`;
    if (samples.has(key)) throw new Error(`twice: ${line}`);
    samples.set(key, Number(value));
  }
  return samples;
}

/** The samples of one name. */
export function samplesOf(samples: Samples, name: string): Readonly<Record<string, number>> {
  return Object.fromEntries([...samples].filter(([key]) => key.startsWith(`${name}{`)));
}
