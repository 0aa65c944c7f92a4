import { describe, expect, it } from 'vitest';
import {
  batchFinished,
  finishedCall,
  grpcFinished,
  httpFinished,
  inferFinished,
  refusedCall,
  usageGrew,
} from '../../../test/support/finished.js';
import { samplesOf, useMetrics } from '../../../test/support/metrics-fixture.js';
import { type ErrorCode, MillraceError } from '../../core/index.js';

const start = useMetrics();

const MODEL = 'model="mlp",version="3"';

describe('a successful inference', () => {
  it("counts under Triton's names", async () => {
    const { events, scrape } = start();
    events.publish('inferFinished', inferFinished());
    events.publish('inferFinished', inferFinished({ rows: 5 }));
    events.publish('batchFinished', batchFinished());
    const samples = await scrape();
    const read = (name: string) => samples.get(`${name}{${MODEL}}`);
    expect({
      success: read('nv_inference_request_success'),
      count: read('nv_inference_count'),
      executions: read('nv_inference_exec_count'),
      request: read('nv_inference_request_duration_us'),
      queue: read('nv_inference_queue_duration_us'),
      input: read('nv_inference_compute_input_duration_us'),
      infer: read('nv_inference_compute_infer_duration_us'),
      output: read('nv_inference_compute_output_duration_us'),
    }).toEqual({
      success: 2,
      count: 7,
      executions: 1,
      request: 17_000,
      queue: 4_000,
      input: 1_000,
      infer: 6_000,
      output: 500,
    });
  });

  it('that the response cache has answered counts apart from those that ran', async () => {
    const usage = {
      entries: 2,
      usedBytes: 500,
      maxBytes: 1_000,
      hits: 1,
      misses: 1,
      evictions: 4,
      lookupMs: 0.25,
      insertionMs: 0.5,
    };
    const { events, scrape } = start({ cacheUsage: () => usage });
    events.publish('inferFinished', inferFinished({ call: finishedCall({ cache: 'miss', cacheMs: 0.03 }) }));
    const hit = { cache: 'hit', cacheMs: 0.01, dequeuedAt: 102, startedAt: 102, finishedAt: 102 } as const;
    events.publish('inferFinished', inferFinished({ call: finishedCall(hit) }));
    const samples = await scrape();
    expect([...samples].filter(([key]) => key.startsWith('nv_cache_'))).toEqual([
      [`nv_cache_num_hits_per_model{${MODEL}}`, 1],
      [`nv_cache_num_misses_per_model{${MODEL}}`, 1],
      [`nv_cache_hit_duration_per_model{${MODEL}}`, 10],
      [`nv_cache_miss_duration_per_model{${MODEL}}`, 30],
      ['nv_cache_util{}', 0.5],
      ['nv_cache_num_entries{}', 2],
      ['nv_cache_num_lookups{}', 2],
      ['nv_cache_num_hits{}', 1],
      ['nv_cache_num_misses{}', 1],
      ['nv_cache_num_evictions{}', 4],
      ['nv_cache_lookup_duration{}', 250],
      ['nv_cache_insertion_duration{}', 500],
    ]);
    expect(samples.get(`nv_inference_request_success{${MODEL}}`)).toBe(2);
    expect(samples.get(`nv_inference_request_duration_us{${MODEL}}`)).toBe(8_500 + 2_000);
    expect(samples.get(`nv_inference_queue_duration_us{${MODEL}}`)).toBe(2_000);
    expect(samples.get(`nv_inference_count{${MODEL}}`)).toBe(2);
    expect(samples.get(`millrace_request_compute_seconds_count{${MODEL}}`)).toBe(1);
  });

  it('falls into the buckets of each stage, bounds included, in seconds', async () => {
    const { events, scrape } = start();
    events.publish('inferFinished', inferFinished());
    events.publish('inferFinished', inferFinished({ call: finishedCall({ dequeuedAt: 104.5 }) }));
    events.publish('inferFinished', inferFinished({ call: finishedCall({ startedAt: 104, finishedAt: 60_104 }) }));
    const samples = await scrape();
    const bucket = (name: string, le: string) =>
      samples.get(`millrace_request_${name}_seconds_bucket{le="${le}",${MODEL}}`);
    expect([bucket('queue', '0.001'), bucket('queue', '0.0025'), bucket('queue', '+Inf')]).toEqual([0, 3, 3]);
    expect([bucket('batch_wait', '0.0001'), bucket('batch_wait', '0.0005')]).toEqual([2, 3]);
    expect([
      bucket('compute', '0.0025'),
      bucket('compute', '0.005'),
      bucket('compute', '10'),
      bucket('compute', '+Inf'),
    ]).toEqual([0, 2, 2, 3]);
    expect(samples.get(`millrace_request_compute_seconds_sum{${MODEL}}`)).toBeCloseTo(60.008, 9);
    expect(samples.get(`millrace_request_compute_seconds_count{${MODEL}}`)).toBe(3);
  });

  it('that no instance computed counts without durations', async () => {
    const { events, scrape } = start();
    events.publish('inferFinished', inferFinished({ call: refusedCall() }));
    const samples = await scrape();
    expect(samples.get(`nv_inference_request_success{${MODEL}}`)).toBe(1);
    expect(samples.get(`millrace_request_duration_seconds_count{${MODEL}}`)).toBe(0);
  });
});

describe('the tokens and first answers of a call', () => {
  const stream = { startedAt: 104, firstResponseAt: 110, finishedAt: 150 };
  const usage = { promptTokens: 12, cachedTokens: 8, completionTokens: 5 };

  it('are counted as its model says them, and at its end by the reason why it stopped', async () => {
    const { events, scrape } = start();
    for (const finishReason of ['stop', 'stop', 'length'] as const) {
      const call = finishedCall({ ...stream, usage, finishReason });
      events.publish('usageGrew', usageGrew({ call }));
      events.publish('usageGrew', usageGrew({ call, isFirst: false, added: { promptTokens: 0, completionTokens: 4 } }));
      events.publish('inferFinished', inferFinished({ call }));
    }
    const samples = await scrape();
    const read = (name: string) => samples.get(`${name}{${MODEL}}`);
    expect({
      prompt: read('millrace_prompt_tokens_total'),
      cached: read('millrace_cached_prompt_tokens_total'),
      generated: read('millrace_generation_tokens_total'),
      firstResponse: read('millrace_time_to_first_response_seconds_sum'),
      perToken: read('millrace_time_per_output_token_seconds_sum'),
    }).toEqual({ prompt: 36, cached: 24, generated: 15, firstResponse: 0.03, perToken: 0.03 });
    expect(samplesOf(samples, 'millrace_generations_total')).toEqual({
      [`millrace_generations_total{finish_reason="stop",${MODEL}}`]: 2,
      [`millrace_generations_total{finish_reason="length",${MODEL}}`]: 1,
    });
  });

  it('are counted while it runs', async () => {
    const { events, scrape } = start();
    events.publish('usageGrew', usageGrew({ call: finishedCall({ ...stream, usage }) }));
    const samples = await scrape();
    expect(samples.get(`millrace_generation_tokens_total{${MODEL}}`)).toBe(1);
    expect(samples.get(`millrace_time_to_first_response_seconds_count{${MODEL}}`)).toBe(1);
  });

  it('are no time per token where it fails', async () => {
    const { events, scrape } = start();
    const error = new MillraceError('cancelled', 'the client has left');
    const call = finishedCall({ ...stream, usage });
    events.publish('usageGrew', usageGrew({ call }));
    events.publish('inferFinished', inferFinished({ error, call }));
    const samples = await scrape();
    expect(samples.get(`millrace_time_to_first_response_seconds_count{${MODEL}}`)).toBe(1);
    expect(samplesOf(samples, 'millrace_time_per_output_token_seconds_count')).toEqual({});
  });

  it('are no end by itself where an answer failed after its last token', async () => {
    const { events, scrape } = start();
    const error = new MillraceError('internal', 'the answer could not be checked');
    const call = finishedCall({ ...stream, usage, finishReason: 'stop' });
    events.publish('usageGrew', usageGrew({ call }));
    events.publish('inferFinished', inferFinished({ error, call }));
    const samples = await scrape();
    const ends = [...samples].filter(([key, count]) => /generations_total|request_success/.test(key) && count > 0);
    expect(ends.map(([key, count]) => [key.split(',')[0], count])).toEqual([
      ['vllm:request_success_total{finished_reason="error"', 1],
    ]);
  });

  it('are not counted of a prompt that was only read', async () => {
    const { events, scrape } = start();
    const read = { promptTokens: 12, completionTokens: 0, onlyRead: true };
    const call = finishedCall({ ...stream, usage: read, finishReason: 'length' });
    events.publish('usageGrew', usageGrew({ call, added: read }));
    events.publish('inferFinished', inferFinished({ call }));
    const counts = [...(await scrape())].filter(
      ([key, count]) => /token|first_response|generations|vllm/.test(key) && count > 0,
    );
    expect(counts).toEqual([]);
  });

  it('are the times of first answers only where its model counts no tokens', async () => {
    const { events, scrape } = start();
    events.publish('inferFinished', inferFinished({ call: finishedCall(stream) }));
    const names = [...(await scrape()).keys()].filter((key) =>
      /token|first_response.*_count|generations|vllm/.test(key),
    );
    expect(names).toEqual([`millrace_time_to_first_response_seconds_count{${MODEL}}`]);
  });

  it('are shown for no other model', async () => {
    const { events, scrape } = start();
    events.publish('inferFinished', inferFinished());
    const names = [...(await scrape()).keys()].filter((key) => /token|first_response|generations|vllm/.test(key));
    expect(names).toEqual([]);
  });
});

describe('a failed inference', () => {
  it.each<[ErrorCode, boolean, string | undefined]>([
    ['resource_exhausted', false, 'REJECTED'],
    ['cancelled', false, 'CANCELED'],
    ['deadline_exceeded', true, 'CANCELED'],
    ['internal', true, 'BACKEND'],
    ['unavailable', true, 'BACKEND'],
    ['unavailable', false, 'OTHER'],
    ['failed_precondition', false, 'OTHER'],
    ['unimplemented', false, undefined],
    ['unimplemented', true, 'BACKEND'],
    ['invalid_argument', true, 'BACKEND'],
    ['invalid_argument', false, undefined],
    ['not_found', false, undefined],
  ])("by %s (executed: %s) counts under Triton's reason %s", async (code, executed, reason) => {
    const { events, scrape } = start();
    const call = executed ? finishedCall() : refusedCall();
    events.publish('inferFinished', inferFinished({ call, error: new MillraceError(code, 'x'), rows: 0 }));
    const samples = await scrape();
    const counted = Object.entries(samplesOf(samples, 'nv_inference_request_failure')).filter(([, value]) => value > 0);
    expect(counted).toEqual(
      reason === undefined ? [] : [[`nv_inference_request_failure{model="mlp",reason="${reason}",version="3"}`, 1]],
    );
    expect(samples.get(`millrace_infer_requests_total{code="${code}",${MODEL}}`)).toBe(1);
    expect(samples.get(`nv_inference_request_success{${MODEL}}`)).toBe(0);
  });

  it('is none of the model that has answered', async () => {
    const { events, scrape } = start();
    const error = new MillraceError('invalid_argument', 'the range is too small');
    events.publish('inferFinished', inferFinished({ error, answered: true }));
    const samples = await scrape();
    const failures = Object.values(samplesOf(samples, 'nv_inference_request_failure'));
    expect(failures).toEqual([0, 0, 0, 0]);
    expect(samples.get(`millrace_infer_requests_total{code="invalid_argument",${MODEL}}`)).toBe(1);
  });

  it('for which no version was chosen makes no label of the name that was asked for', async () => {
    const { events, scrape } = start();
    for (let i = 0; i < 100; i++) {
      const target = { name: `guess-${i}`, version: undefined };
      events.publish(
        'inferFinished',
        inferFinished({ target, request: undefined, ref: undefined, error: new MillraceError('not_found', 'x') }),
      );
    }
    const samples = await scrape();
    expect(samples.get('millrace_infer_requests_total{code="not_found",model="",version=""}')).toBe(100);
    expect([...samples.keys()].some((key) => key.includes('guess'))).toBe(false);
  });
});

it('counts batches by size, reason and failure', async () => {
  const { events, scrape } = start();
  events.publish('batchFinished', batchFinished({ rows: 8, reason: 'full' }));
  events.publish(
    'batchFinished',
    batchFinished({ rows: 9, reason: 'delay', error: new MillraceError('internal', 'x') }),
  );
  const samples = await scrape();
  expect(samplesOf(samples, 'millrace_batches_total')).toEqual({
    'millrace_batches_total{model="mlp",reason="delay",version="3"}': 1,
    'millrace_batches_total{model="mlp",reason="full",version="3"}': 1,
  });
  expect(samples.get(`millrace_batch_rows_bucket{le="8",${MODEL}}`)).toBe(1);
  expect(samples.get(`millrace_batch_rows_bucket{le="16",${MODEL}}`)).toBe(2);
  expect(samples.get(`millrace_batch_rows_sum{${MODEL}}`)).toBe(17);
  expect(samples.get(`millrace_batch_failures_total{${MODEL}}`)).toBe(1);
});

describe('an HTTP request', () => {
  it('counts by route, method and status, with its stages', async () => {
    const { events, scrape } = start();
    events.publish('httpFinished', httpFinished());
    events.publish('httpFinished', httpFinished({ status: 503, call: refusedCall() }));
    const samples = await scrape();
    const route = 'route="/v2/models/{m}/infer"';
    expect(samplesOf(samples, 'millrace_http_requests_total')).toEqual({
      [`millrace_http_requests_total{method="POST",${route},status="200"}`]: 1,
      [`millrace_http_requests_total{method="POST",${route},status="503"}`]: 1,
    });
    expect(samples.get(`millrace_http_request_duration_seconds_sum{${route}}`)).toBe(0.0185);
    expect(samples.get(`millrace_request_decode_seconds_count{${route}}`)).toBe(1);
    expect(samples.get(`millrace_request_encode_seconds_sum{${route}}`)).toBe(0.0002);
    expect(samples.get(`millrace_http_request_bytes_total{${route}}`)).toBe(240);
    expect(samples.get(`millrace_http_response_bytes_total{${route}}`)).toBe(160);
  });

  it('of any path and method that we do not know shares one series', async () => {
    const { events, scrape } = start();
    for (const method of ['BREW', 'WHEN', 'PROPFIND']) {
      events.publish('httpFinished', httpFinished({ method, route: '', path: `/${method}`, status: 404 }));
    }
    expect(samplesOf(await scrape(), 'millrace_http_requests_total')).toEqual({
      'millrace_http_requests_total{method="other",route="unmatched",status="404"}': 3,
    });
  });
});

describe('a gRPC call', () => {
  it('counts by method and status, with its messages and bytes', async () => {
    const { events, scrape } = start();
    events.publish('grpcFinished', grpcFinished());
    events.publish('grpcFinished', grpcFinished({ status: 14, responseMessages: 0, responseBytes: 0 }));
    const samples = await scrape();
    const method = 'method="/inference.GRPCInferenceService/ModelInfer"';
    expect(samplesOf(samples, 'millrace_grpc_calls_total')).toEqual({
      [`millrace_grpc_calls_total{${method},status="OK"}`]: 1,
      [`millrace_grpc_calls_total{${method},status="UNAVAILABLE"}`]: 1,
    });
    expect(samples.get(`millrace_grpc_call_duration_seconds_sum{${method}}`)).toBe(0.0185);
    expect(samples.get(`millrace_grpc_received_messages_total{${method}}`)).toBe(2);
    expect(samples.get(`millrace_grpc_sent_messages_total{${method}}`)).toBe(1);
    expect(samples.get(`millrace_grpc_request_bytes_total{${method}}`)).toBe(240);
    expect(samples.get(`millrace_grpc_response_bytes_total{${method}}`)).toBe(80);
  });

  it('of methods that we do not know shares one series', async () => {
    const { events, scrape } = start();
    for (const path of ['/a.B/C', '/d.E/F']) {
      events.publish('grpcFinished', grpcFinished({ method: '', path, status: 12 }));
    }
    expect(samplesOf(await scrape(), 'millrace_grpc_calls_total')).toEqual({
      'millrace_grpc_calls_total{method="unmatched",status="UNIMPLEMENTED"}': 2,
    });
  });
});
