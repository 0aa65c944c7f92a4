import { type Family, NO_LABELS, type Sample, toMicroseconds } from './family.js';
import type { VersionGauge } from './version-gauge.js';
import { FAILURE_REASONS, type VersionMetrics } from './version-metrics.js';
import type { VersionRegistry } from './version-registry.js';

/** Triton's per-model metrics by their names there, so that its dashboards and autoscaling rules work unchanged. */
export function tritonFamilies(versions: VersionRegistry, gauge: VersionGauge): readonly Family[] {
  const counter = (name: string, help: string, read: (version: VersionMetrics) => number): Family => ({
    name,
    help,
    type: 'counter',
    *collect() {
      for (const version of versions.all()) {
        yield { labels: NO_LABELS, sharedLabels: version.labels, value: read(version) };
      }
    },
  });
  return [
    counter(
      'nv_inference_request_success',
      'Number of successful inference requests, all batch sizes',
      (version) => version.success,
    ),
    {
      name: 'nv_inference_request_failure',
      help: 'Number of failed inference requests, all batch sizes',
      type: 'counter',
      *collect() {
        for (const version of versions.all()) yield* failures(version);
      },
    },
    counter('nv_inference_count', 'Number of inferences performed', (version) => version.rows),
    counter('nv_inference_exec_count', 'Number of model executions performed', (version) => version.executions),
    counter('nv_inference_request_duration_us', 'Cumulative inference request duration in microseconds', (version) =>
      toMicroseconds(version.duration.sum),
    ),
    counter('nv_inference_queue_duration_us', 'Cumulative inference queuing duration in microseconds', (version) =>
      toMicroseconds(version.queue.sum),
    ),
    counter('nv_inference_compute_input_duration_us', 'Cumulative compute input duration in microseconds', (version) =>
      toMicroseconds(version.computeInputMs),
    ),
    counter(
      'nv_inference_compute_infer_duration_us',
      'Cumulative compute inference duration in microseconds',
      (version) => toMicroseconds(version.computeInferMs),
    ),
    counter(
      'nv_inference_compute_output_duration_us',
      'Cumulative inference compute output duration in microseconds',
      (version) => toMicroseconds(version.computeOutputMs),
    ),
    gauge(
      'nv_inference_pending_request_count',
      'Instantaneous number of pending requests awaiting execution per-model.',
      ({ queuedRequests }) => queuedRequests,
    ),
    {
      name: 'nv_model_load_duration_secs',
      help: 'Model load time in seconds',
      type: 'gauge',
      *collect() {
        for (const { labels, loadMs } of versions.all()) {
          if (loadMs !== undefined) yield { labels: NO_LABELS, sharedLabels: labels, value: loadMs / 1_000 };
        }
      },
    },
  ];
}

function* failures(version: VersionMetrics): Generator<Sample> {
  for (const reason of FAILURE_REASONS) {
    yield { labels: NO_LABELS, sharedLabels: version.failureLabels[reason], value: version.failures[reason] };
  }
}
