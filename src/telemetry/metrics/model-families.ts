import type { BatchReason, ErrorCode } from '../../core/index.js';
import type { ModelStatus } from '../../engine/index.js';
import type { Distribution } from './distribution.js';
import { type Family, histogramSamples, type Labels, NO_LABELS, type Sample } from './family.js';
import type { VersionGauge } from './version-gauge.js';
import type { VersionMetrics } from './version-metrics.js';
import type { VersionRegistry } from './version-registry.js';

interface Sources {
  readonly versions: VersionRegistry;
  /** Failures of calls for which no version was chosen: they must not make up label values. */
  readonly unresolved: ReadonlyMap<ErrorCode, number>;
  readonly gauge: VersionGauge;
  readonly modelStates: () => readonly ModelStatus[];
}

/** Our own per-model metrics. */
export function modelFamilies(sources: Sources): readonly Family[] {
  return [...requestFamilies(sources), ...batchFamilies(sources), ...stateFamilies(sources)];
}

function requestFamilies({ versions, unresolved }: Sources): readonly Family[] {
  const histogram = (name: string, help: string, read: (version: VersionMetrics) => Distribution): Family => ({
    name,
    help,
    type: 'histogram',
    *collect() {
      for (const version of versions.all()) {
        if (version.success > 0) yield* histogramSamples(name, version.labels, read(version));
      }
    },
  });
  return [
    {
      name: 'millrace_infer_requests_total',
      help: 'Settled inference calls by outcome; without model and version where none could be chosen.',
      type: 'counter',
      *collect() {
        yield* outcomes({ model: '', version: '' }, unresolved);
        for (const { labels, success, errors } of versions.all()) {
          yield { labels: { code: 'ok' }, sharedLabels: labels, value: success };
          yield* outcomes(labels, errors);
        }
      },
    },
    histogram(
      'millrace_request_duration_seconds',
      'From the first byte of a successful request to the end of its computation.',
      (version) => version.duration,
    ),
    histogram(
      'millrace_request_queue_seconds',
      'From the arrival of a successful request in the queue to its place in a batch.',
      (version) => version.queue,
    ),
    histogram(
      'millrace_request_batch_wait_seconds',
      'From the place in a batch to the start of the batch: more than nothing when it was sent ahead to a busy runner.',
      (version) => version.batchWait,
    ),
    histogram(
      'millrace_request_compute_seconds',
      'Time that the batch of a successful request spent at the instance.',
      (version) => version.compute,
    ),
  ];
}

function batchFamilies({ versions }: Sources): readonly Family[] {
  return [
    {
      name: 'millrace_batch_rows',
      help: 'Rows of a batch.',
      type: 'histogram',
      *collect() {
        for (const { labels, batchRows, executions } of versions.all()) {
          if (executions > 0) yield* histogramSamples('millrace_batch_rows', labels, batchRows);
        }
      },
    },
    {
      name: 'millrace_batches_total',
      help: 'Batches by the reason why they were sent off.',
      type: 'counter',
      *collect() {
        for (const { labels, batchReasons } of versions.all()) {
          for (const reason of Object.keys(batchReasons) as BatchReason[]) {
            const value = batchReasons[reason];
            if (value > 0) yield { labels: { reason }, sharedLabels: labels, value };
          }
        }
      },
    },
    {
      name: 'millrace_batch_failures_total',
      help: 'Batches that failed as a whole.',
      type: 'counter',
      *collect() {
        for (const { labels, failedBatches } of versions.all()) {
          yield { labels: NO_LABELS, sharedLabels: labels, value: failedBatches };
        }
      },
    },
  ];
}

function stateFamilies({ versions, gauge, modelStates }: Sources): readonly Family[] {
  return [
    gauge('millrace_queued_requests', 'Requests that wait in the queue.', (model) => model.queuedRequests),
    gauge('millrace_queued_bytes', 'Input bytes of the requests that wait.', (model) => model.queuedBytes),
    gauge('millrace_executing_requests', 'Requests at an instance.', (model) => model.executingRequests),
    gauge('millrace_sequences', 'Sequences that have not ended.', (model) => model.activeSequences),
    gauge(
      'millrace_waiting_sequences',
      'Sequences that wait for a place at an instance.',
      (model) => model.waitingSequences,
    ),
    gauge(
      'millrace_instances_up',
      'Instances that take work.',
      ({ instances }) => instances.filter((i) => i.up).length,
    ),
    gauge('millrace_instances', 'Instances, up or not.', ({ instances }) => instances.length),
    gauge('millrace_instance_restarts_total', 'Restarts of the instances since the model was loaded.', (model) =>
      model.instances.reduce((sum, { restarts }) => sum + restarts, 0),
    ),
    gauge('millrace_preparers_up', 'Preparers that take work: 1 for a version that has one.', ({ preparer }) =>
      preparer === undefined ? undefined : Number(preparer.up),
    ),
    gauge(
      'millrace_preparer_restarts_total',
      'Restarts of the preparer since the model was loaded.',
      ({ preparer }) => preparer?.restarts,
    ),
    {
      name: 'millrace_model_batching',
      help: '1 where requests of a version are batched together, 0 where they are not, by the reason.',
      type: 'gauge',
      *collect() {
        for (const { name, version, info } of modelStates()) {
          if (info === undefined) continue;
          const { enabled, cause } = info.batching;
          const sharedLabels = { model: name, version: String(version) };
          yield { labels: { reason: cause }, sharedLabels, value: enabled ? 1 : 0 };
        }
      },
    },
    {
      name: 'millrace_model_memory_need_bytes',
      help: 'Memory of the runner processes of a version as it was measured when it was loaded: at rest, and the peak of loading.',
      type: 'gauge',
      *collect() {
        for (const { name, version, info } of modelStates()) {
          if (info?.memory === undefined) continue;
          const sharedLabels = { model: name, version: String(version) };
          yield { labels: { phase: 'rest' }, sharedLabels, value: info.memory.restBytes };
          yield { labels: { phase: 'peak' }, sharedLabels, value: info.memory.peakBytes };
        }
      },
    },
    {
      name: 'millrace_model_state',
      help: '1 for the state in which a version is now.',
      type: 'gauge',
      *collect() {
        for (const { name, version, state } of modelStates()) {
          // Of those that are gone the index may know any number.
          if (state.kind === 'unloaded' && versions.known({ name, version }) === undefined) continue;
          yield {
            labels: { state: state.kind },
            sharedLabels: { model: name, version: version === 0 ? '' : String(version) },
            value: 1,
          };
        }
      },
    },
  ];
}

function* outcomes(sharedLabels: Labels, errors: ReadonlyMap<ErrorCode, number>): Generator<Sample> {
  for (const [code, value] of errors) yield { labels: { code }, sharedLabels, value };
}
