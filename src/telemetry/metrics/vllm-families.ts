import type { ModelGauges } from '../../engine/index.js';
import type { Distribution } from './distribution.js';
import { type Family, histogramSamples, type Labels, NO_LABELS } from './family.js';
import type { GenerationMetrics } from './generation-metrics.js';
import { createVersionGauge } from './version-gauge.js';
import type { VersionMetrics } from './version-metrics.js';
import type { VersionRegistry } from './version-registry.js';

/** Numbers of a runtime from which the use of its cache follows. */
const ACTIVE_TOKENS = 'kv_cache_active_tokens';
const CACHE_TOKENS = 'kv_cache_size_tokens';

/**
 * vLLM's metrics of models that generate, by their names there, so that its dashboards and the Gateway API inference extension read them.
 */
export function vllmFamilies(versions: VersionRegistry, gauges: () => readonly ModelGauges[]): readonly Family[] {
  const gauge = createVersionGauge(versions, gauges, labelsOf);
  const counter = (name: string, help: string, read: (generation: GenerationMetrics) => number): Family => ({
    name: `vllm:${name}`,
    help,
    type: 'counter',
    *collect() {
      for (const [sharedLabels, generation] of generating(versions)) {
        yield { labels: NO_LABELS, sharedLabels, value: read(generation) };
      }
    },
  });
  const histogram = (name: string, help: string, read: (generation: GenerationMetrics) => Distribution): Family => ({
    name: `vllm:${name}`,
    help,
    type: 'histogram',
    *collect() {
      for (const [labels, generation] of generating(versions)) {
        yield* histogramSamples(`vllm:${name}`, labels, read(generation));
      }
    },
  });
  return [
    gauge(
      'vllm:num_requests_running',
      'Number of requests in model execution batches.',
      (model) => model.executingRequests,
    ),
    gauge('vllm:num_requests_waiting', 'Number of requests waiting to be processed.', (model) => model.queuedRequests),
    cacheUsage(versions, gauges),
    counter('prefix_cache_queries_total', 'Prefix cache queries, in tokens.', ({ promptTokens }) => promptTokens),
    counter('prefix_cache_hits_total', 'Prefix cache hits, in tokens.', ({ cachedTokens }) => cachedTokens),
    counter(
      'prompt_tokens_total',
      'Number of prompt tokens, cached ones included.',
      ({ promptTokens }) => promptTokens,
    ),
    counter('prompt_tokens_cached_total', 'Number of cached prompt tokens.', ({ cachedTokens }) => cachedTokens),
    counter('generation_tokens_total', 'Number of generation tokens.', ({ completionTokens }) => completionTokens),
    requestSuccess(versions),
    histogram('request_prompt_tokens', 'Prompt tokens of a request.', ({ whole }) => whole.promptTokens),
    histogram('request_generation_tokens', 'Generation tokens of a request.', ({ whole }) => whole.completionTokens),
    histogram('time_to_first_token_seconds', 'Time to first token.', ({ firstResponse }) => firstResponse),
    histogram('inter_token_latency_seconds', 'Inter-token latency.', ({ tokenGaps }) => tokenGaps),
    histogram(
      'request_time_per_output_token_seconds',
      'Time per output token of a request.',
      ({ perToken }) => perToken,
    ),
    histogram('e2e_request_latency_seconds', 'End-to-end latency of a request.', ({ whole }) => whole.duration),
    histogram('request_queue_time_seconds', 'Time of a request in the queue.', ({ whole }) => whole.queue),
    histogram('request_inference_time_seconds', 'Time of a request from there on.', ({ whole }) => whole.compute),
    histogram('request_prefill_time_seconds', 'Of this, until its first token.', ({ whole }) => whole.prefill),
    histogram('request_decode_time_seconds', 'Of this, behind its first token.', ({ whole }) => whole.decode),
  ];
}

function labelsOf({ generation, generationLabels }: VersionMetrics): Labels | undefined {
  return generation.counted ? generationLabels : undefined;
}

function* generating(versions: VersionRegistry): Generator<readonly [Labels, GenerationMetrics]> {
  for (const version of versions.all()) {
    const labels = labelsOf(version);
    if (labels !== undefined) yield [labels, version.generation];
  }
}

function requestSuccess(versions: VersionRegistry): Family {
  return {
    name: 'vllm:request_success_total',
    help: 'Count of finished requests, by the reason why they ended.',
    type: 'counter',
    *collect() {
      for (const [sharedLabels, { finished, aborted, failed }] of generating(versions)) {
        // Whether a model has called tools is no reason of vLLM's.
        const stop = finished.stop + finished.tool_calls + finished.content_filter;
        for (const [reason, value] of Object.entries({
          stop,
          length: finished.length,
          abort: aborted,
          error: failed,
        })) {
          yield { labels: { finished_reason: reason }, sharedLabels, value };
        }
      }
    },
  };
}

/** Of all instances of a version together. What is kept of requests that have ended is free, as in vLLM. */
function cacheUsage(versions: VersionRegistry, gauges: () => readonly ModelGauges[]): Family {
  return {
    name: 'vllm:kv_cache_usage_perc',
    help: 'KV cache usage. 1 means 100 percent usage.',
    type: 'gauge',
    *collect() {
      const totals = new Map<Labels, { active: number; size: number }>();
      for (const { ref, instances } of gauges()) {
        const labels = labelsOf(versions.of(ref));
        if (labels === undefined) continue;
        const total = totals.get(labels) ?? { active: 0, size: 0 };
        totals.set(labels, total);
        const { active, size } = cacheTokens(instances);
        total.active += active;
        total.size += size;
      }
      for (const [sharedLabels, { active, size }] of totals) {
        // Endpoint pickers treat a metric that is absent as an error, so a model that has not generated yet reports 0.
        yield { labels: NO_LABELS, sharedLabels, value: size > 0 ? active / size : 0 };
      }
    },
  };
}

/** Tokens of running requests in the KV caches of instances, and the size of these caches; 0 for instances without one. */
export function cacheTokens(instances: ModelGauges['instances']): { readonly active: number; readonly size: number } {
  let active = 0;
  let size = 0;
  for (const { name, value } of instances.flatMap(({ statistics = [] }) => statistics)) {
    if (name === ACTIVE_TOKENS) active += value;
    if (name === CACHE_TOKENS) size += value;
  }
  return { active, size };
}
