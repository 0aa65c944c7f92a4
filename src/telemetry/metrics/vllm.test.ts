import { describe, expect, it } from 'vitest';
import { finishedCall, inferFinished, REF, usageGrew } from '../../../test/support/finished.js';
import { samplesOf, useMetrics } from '../../../test/support/metrics-fixture.js';
import { type EventBus, MillraceError, type Timing } from '../../core/index.js';
import type { ModelGauges, ModelStatus } from '../../engine/index.js';

const start = useMetrics();

const MODEL = 'model_name="mlp",version="3"';
const STREAM = { startedAt: 104, firstResponseAt: 110, finishedAt: 150 };
const USAGE = { promptTokens: 12, cachedTokens: 8, completionTokens: 5 };

/** Runs from its first token to its end: one token, and 40 ms later four more. */
function run(events: EventBus, timing: Partial<Timing>, error?: MillraceError): void {
  const call = finishedCall({ ...STREAM, usage: USAGE, ...timing });
  events.publish('usageGrew', usageGrew({ call }));
  const added = { promptTokens: 0, cachedTokens: 0, completionTokens: 4 };
  events.publish('usageGrew', usageGrew({ call, isFirst: false, added, sinceMs: 40 }));
  events.publish('inferFinished', inferFinished({ call, error }));
}

const STATUS = {
  name: REF.name,
  version: REF.version,
  state: { kind: 'ready' },
  info: {
    source: { config: { metricTags: { team: 'a' } } },
    batching: { enabled: false, cause: 'no_batch_dimension', reason: '' },
    tasks: { generate: { contextTokens: 8, maxOutputTokens: 8, chat: true } },
  },
} as unknown as ModelStatus;

function gauges(generation: number, active: number, running = 3): ModelGauges {
  const statistics = [
    { name: 'kv_cache_active_tokens', help: 'h', value: active },
    { name: 'kv_cache_size_tokens', help: 'h', value: 100 },
  ];
  return {
    ref: { ...REF, generation },
    queuedRequests: 2,
    queuedBytes: 0,
    executingRequests: running,
    activeSequences: 0,
    waitingSequences: 0,
    instances: [{ id: 'mlp/3#0', pid: 1, up: true, restarts: 0, statistics }],
  };
}

describe("what is exposed under vLLM's names", () => {
  it('are the tokens that a model has read, found and made', async () => {
    const { events, scrape } = start();
    run(events, { finishReason: 'stop' });
    const samples = await scrape();
    const read = (name: string) => samples.get(`vllm:${name}{${MODEL}}`);
    expect({
      prompt: read('prompt_tokens_total'),
      cached: read('prompt_tokens_cached_total'),
      generated: read('generation_tokens_total'),
      queries: read('prefix_cache_queries_total'),
      hits: read('prefix_cache_hits_total'),
      perPrompt: read('request_prompt_tokens_sum'),
      perAnswer: read('request_generation_tokens_sum'),
    }).toEqual({ prompt: 12, cached: 8, generated: 5, queries: 12, hits: 8, perPrompt: 12, perAnswer: 5 });
  });

  it('are the phases of a generation', async () => {
    const { events, scrape } = start();
    run(events, { finishReason: 'length' });
    const samples = await scrape();
    const read = (name: string) => samples.get(`vllm:${name}_seconds_sum{${MODEL}}`);
    expect({
      whole: read('e2e_request_latency'),
      queue: read('request_queue_time'),
      inference: read('request_inference_time'),
      prefill: read('request_prefill_time'),
      decode: read('request_decode_time'),
      firstToken: read('time_to_first_token'),
      gaps: read('inter_token_latency'),
      perToken: read('request_time_per_output_token'),
    }).toEqual({
      whole: 0.05,
      queue: 0.002,
      inference: 0.046,
      prefill: 0.006,
      decode: 0.04,
      firstToken: 0.01,
      gaps: 0.04,
      perToken: 0.01,
    });
    expect(samples.get(`vllm:inter_token_latency_seconds_count{${MODEL}}`)).toBe(4);
    expect(samples.get(`vllm:inter_token_latency_seconds_bucket{le="0.01",${MODEL}}`)).toBe(4);
  });

  it('are the reasons why generations ended, where they had begun', async () => {
    const { events, scrape } = start();
    run(events, { finishReason: 'stop' });
    run(events, { finishReason: 'tool_calls' });
    run(events, { finishReason: 'length' });
    run(events, {}, new MillraceError('cancelled', 'the client has left'));
    run(events, {}, new MillraceError('deadline_exceeded', 'too late'));
    run(events, {}, new MillraceError('unavailable', 'the runner died'));
    run(events, {}, new MillraceError('invalid_argument', 'the prompt is too long'));
    run(events, { dequeuedAt: 0 }, new MillraceError('cancelled', 'the client has left'));
    const samples = await scrape();
    expect(samplesOf(samples, 'vllm:request_success_total')).toEqual({
      [`vllm:request_success_total{finished_reason="stop",${MODEL}}`]: 2,
      [`vllm:request_success_total{finished_reason="length",${MODEL}}`]: 1,
      [`vllm:request_success_total{finished_reason="abort",${MODEL}}`]: 2,
      [`vllm:request_success_total{finished_reason="error",${MODEL}}`]: 1,
    });
  });

  it('is the load of a model that generates from its loading on, of all of its generations, with its tags', async () => {
    const { events, scrape } = start({ modelStates: () => [STATUS], gauges: () => [gauges(1, 20), gauges(2, 40)] });
    events.publish('modelStateChanged', { ref: REF, state: { kind: 'ready' } });
    const samples = await scrape();
    const read = (name: string) => samples.get(`vllm:${name}{${MODEL.replace('version', 'team="a",version')}}`);
    expect({
      running: read('num_requests_running'),
      waiting: read('num_requests_waiting'),
      cache: read('kv_cache_usage_perc'),
      tokens: read('generation_tokens_total'),
      firstTokens: read('time_to_first_token_seconds_count'),
    }).toEqual({ running: 6, waiting: 4, cache: 0.3, tokens: 0, firstTokens: 0 });
  });

  it('is nothing of a model that does not generate', async () => {
    const { info, ...others } = STATUS;
    const plain = { ...others, info: { ...info, tasks: undefined } } as unknown as ModelStatus;
    const { events, scrape } = start({ modelStates: () => [plain], gauges: () => [gauges(1, 20)] });
    events.publish('modelStateChanged', { ref: REF, state: { kind: 'ready' } });
    events.publish('inferFinished', inferFinished());
    expect([...(await scrape()).keys()].filter((key) => key.startsWith('vllm:'))).toEqual([]);
  });
});
