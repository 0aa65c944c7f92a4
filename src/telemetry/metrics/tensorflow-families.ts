import type { Distribution } from './distribution.js';
import { type Family, type HistogramData, histogramSamples, type Labels } from './family.js';
import type { VersionMetrics } from './version-metrics.js';
import type { VersionRegistry } from './version-registry.js';

const MICROSECONDS_PER_MS = 1_000;

/**
 * TensorFlow Serving's metrics of models, by their names there, so that its dashboards read them. Its labels `API`, `entrypoint` and `runtime` are not
 * there: a request counts whatever protocol it came by.
 */
export function tensorflowFamilies(versions: VersionRegistry): readonly Family[] {
  const histogram = (name: string, help: string, read: (version: VersionMetrics) => Distribution): Family => ({
    name,
    help,
    type: 'histogram',
    *collect() {
      for (const version of versions.all()) {
        if (version.success === 0) continue;
        yield* histogramSamples(name, labelsOf(version), inMicroseconds(read(version)));
      }
    },
  });
  return [
    {
      name: ':tensorflow:serving:request_count',
      help: 'Requests by model and status.',
      type: 'counter',
      *collect() {
        for (const version of versions.all()) {
          const sharedLabels = labelsOf(version);
          yield { labels: { status: 'OK' }, sharedLabels, value: version.success };
          for (const [status, value] of failuresOf(version)) yield { labels: { status }, sharedLabels, value };
        }
      },
    },
    histogram(
      ':tensorflow:serving:request_latency',
      'Microseconds from the first byte of a successful request to the end of its computation.',
      ({ duration }) => duration,
    ),
    histogram(
      ':tensorflow:serving:runtime_latency',
      'Microseconds that a successful request spent at the instance.',
      ({ compute }) => compute,
    ),
  ];
}

function labelsOf({ labels }: VersionMetrics): Labels {
  return { model_name: labels.model ?? '', model_version: labels.version ?? '' };
}

/** By the name of the gRPC status. */
function failuresOf({ errors }: VersionMetrics): ReadonlyMap<string, number> {
  const failures = new Map<string, number>();
  for (const [code, count] of errors) {
    const status = code === 'quota_exceeded' ? 'RESOURCE_EXHAUSTED' : code.toUpperCase();
    failures.set(status, (failures.get(status) ?? 0) + count);
  }
  return failures;
}

/** A distribution of milliseconds, exposed in seconds elsewhere. */
function inMicroseconds({ bounds, counts, sum }: Distribution): HistogramData {
  const scale = (ms: number) => ms * MICROSECONDS_PER_MS;
  return { bounds: bounds.map(scale), counts, sum: scale(sum), divisor: 1 };
}
