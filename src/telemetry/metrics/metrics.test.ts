import { afterEach, describe, expect, it } from 'vitest';
import {
  batchFinished,
  finishedCall,
  httpFinished,
  inferFinished,
  REF,
  refusedCall,
} from '../../../test/support/finished.js';
import { type ErrorCode, EventBus, MillraceError, type ModelState } from '../../core/index.js';
import type { ModelGauges, ModelStatus } from '../../engine/index.js';
import { createMetrics, type Metrics } from './index.js';

let metrics: Metrics | undefined;
afterEach(() => metrics?.close());

function start({ gauges = [] as ModelGauges[], modelStates = [] as ModelStatus[] } = {}) {
  const events = new EventBus();
  const created = createMetrics({
    events,
    version: '1.2.3',
    gauges: () => gauges,
    modelStates: () => modelStates,
    droppedLogLines: () => 7,
  });
  metrics = created;
  return { events, scrape: async () => parse((await created.render()).body) };
}

const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*",?)*)\})? (\S+)$/;

/** The samples by `name{labels in order of name}`; throws on what Prometheus would not take. */
function parse(text: string): Map<string, number> {
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

const of = (samples: Map<string, number>, prefix: string) =>
  Object.fromEntries([...samples].filter(([key]) => key.startsWith(`${prefix}{`)));
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

describe('a failed inference', () => {
  it.each<[ErrorCode, boolean, string | undefined]>([
    ['resource_exhausted', false, 'REJECTED'],
    ['cancelled', false, 'CANCELED'],
    ['deadline_exceeded', true, 'CANCELED'],
    ['internal', true, 'BACKEND'],
    ['unavailable', true, 'BACKEND'],
    ['unavailable', false, 'OTHER'],
    ['failed_precondition', false, 'OTHER'],
    ['unimplemented', false, 'OTHER'],
    ['invalid_argument', true, 'BACKEND'],
    ['invalid_argument', false, undefined],
    ['not_found', false, undefined],
  ])("by %s (executed: %s) counts under Triton's reason %s", async (code, executed, reason) => {
    const { events, scrape } = start();
    const call = executed ? finishedCall() : refusedCall();
    events.publish('inferFinished', inferFinished({ call, error: new MillraceError(code, 'x'), rows: 0 }));
    const samples = await scrape();
    const counted = Object.entries(of(samples, 'nv_inference_request_failure')).filter(([, value]) => value > 0);
    expect(counted).toEqual(
      reason === undefined ? [] : [[`nv_inference_request_failure{model="mlp",reason="${reason}",version="3"}`, 1]],
    );
    expect(samples.get(`millrace_infer_requests_total{code="${code}",${MODEL}}`)).toBe(1);
    expect(samples.get(`nv_inference_request_success{${MODEL}}`)).toBe(0);
  });

  it('for which no version was chosen makes no label of the name that was asked for', async () => {
    const { events, scrape } = start();
    for (let i = 0; i < 100; i++) {
      const request = { ...inferFinished().request, modelName: `guess-${i}` };
      events.publish(
        'inferFinished',
        inferFinished({ request, ref: undefined, error: new MillraceError('not_found', 'x') }),
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
  expect(of(samples, 'millrace_batches_total')).toEqual({
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
    expect(of(samples, 'millrace_http_requests_total')).toEqual({
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
    expect(of(await scrape(), 'millrace_http_requests_total')).toEqual({
      'millrace_http_requests_total{method="other",route="unmatched",status="404"}': 3,
    });
  });
});

describe('models', () => {
  const status = (name: string, version: number, state: ModelState, tags?: Record<string, string>): ModelStatus => ({
    name,
    version,
    state,
    // Of the whole information metrics read the tags only.
    info:
      tags === undefined
        ? undefined
        : ({ source: { config: { metricTags: tags } } } as unknown as NonNullable<ModelStatus['info']>),
  });

  it('show their state, queue and instances at the moment of the scrape', async () => {
    const { scrape } = start({
      modelStates: [status('mlp', 3, { kind: 'ready' }), status('gone', 0, { kind: 'failed', reason: 'no "file"' })],
      gauges: [
        {
          ref: REF,
          queuedRequests: 4,
          queuedBytes: 256,
          executingRequests: 2,
          instances: [
            { id: 'a', pid: 1, up: true, restarts: 2 },
            { id: 'b', pid: 2, up: false, restarts: 1 },
          ],
        },
      ],
    });
    const samples = await scrape();
    expect(of(samples, 'millrace_model_state')).toEqual({
      'millrace_model_state{model="mlp",state="ready",version="3"}': 1,
      'millrace_model_state{model="gone",state="failed",version=""}': 1,
    });
    const read = (name: string) => samples.get(`${name}{${MODEL}}`);
    expect([
      read('nv_inference_pending_request_count'),
      read('millrace_queued_requests'),
      read('millrace_queued_bytes'),
    ]).toEqual([4, 4, 256]);
    expect([read('millrace_executing_requests'), read('millrace_instances_up'), read('millrace_instances')]).toEqual([
      2, 1, 2,
    ]);
    expect(read('millrace_instance_restarts_total')).toBe(3);
  });

  it('carry their metric tags as labels, except names with a meaning of their own', async () => {
    const tags = { team: 'a "b" \\ c', version: '9', '0bad': 'x', __name: 'x', le: '1' };
    const { events, scrape } = start({ modelStates: [status('mlp', 3, { kind: 'ready' }, tags)] });
    events.publish('inferFinished', inferFinished());
    expect(of(await scrape(), 'nv_inference_request_success')).toEqual({
      'nv_inference_request_success{model="mlp",team="a \\"b\\" \\\\ c",version="3"}': 1,
    });
  });

  it('count from zero as soon as they are ready, and keep counting over a reload', async () => {
    const { events, scrape } = start();
    events.publish('modelStateChanged', { ref: REF, state: { kind: 'ready' }, loadMs: 250 });
    const first = await scrape();
    expect(first.get(`nv_inference_request_success{${MODEL}}`)).toBe(0);
    expect(first.get(`nv_model_load_duration_secs{${MODEL}}`)).toBe(0.25);
    events.publish('inferFinished', inferFinished());
    const reloaded = { ...REF, generation: 2 };
    events.publish('modelStateChanged', { ref: reloaded, state: { kind: 'ready' }, loadMs: 500 });
    events.publish('modelStateChanged', { ref: REF, state: { kind: 'unloaded', reason: 'replaced' } });
    events.publish('inferFinished', inferFinished({ ref: reloaded }));
    const second = await scrape();
    expect(second.get(`nv_inference_request_success{${MODEL}}`)).toBe(2);
    expect(second.get(`nv_model_load_duration_secs{${MODEL}}`)).toBe(0.5);
  });

  it('keep their counters when they are unloaded, but lose their gauges', async () => {
    const { events, scrape } = start();
    events.publish('modelStateChanged', { ref: REF, state: { kind: 'ready' }, loadMs: 250 });
    events.publish('inferFinished', inferFinished());
    events.publish('modelStateChanged', { ref: REF, state: { kind: 'unloaded', reason: 'unloaded' } });
    const samples = await scrape();
    expect(samples.get(`nv_inference_request_success{${MODEL}}`)).toBe(1);
    expect(of(samples, 'nv_model_load_duration_secs')).toEqual({});
  });

  it('that come and go for ever leave a bounded number of series', async () => {
    const { events, scrape } = start();
    for (let version = 1; version <= 1_000; version++) {
      const ref = { name: version % 2 === 0 ? 'even' : 'odd', version, generation: version };
      // Half of them never come to serve.
      if (version % 4 < 2) events.publish('modelStateChanged', { ref, state: { kind: 'ready' } });
      events.publish('batchFinished', batchFinished({ ref }));
      events.publish('modelStateChanged', {
        ref,
        state: version % 4 < 2 ? { kind: 'unloaded', reason: '' } : { kind: 'failed', reason: '' },
      });
    }
    const series = Object.keys(of(await scrape(), 'nv_inference_exec_count'));
    expect(series).toHaveLength(256);
    expect(series).toContain('nv_inference_exec_count{model="even",version="1000"}');
    expect(series).not.toContain('nv_inference_exec_count{model="even",version="744"}');
  });

  it('have names that are escaped', async () => {
    const { events, scrape } = start();
    events.publish('inferFinished', inferFinished({ ref: { ...REF, name: 'a"b\\c\nd' } }));
    expect((await scrape()).get('nv_inference_request_success{model="a\\"b\\\\c\\nd",version="3"}')).toBe(1);
  });
});

it('follows runner processes: starts, deaths, and the memory of those alive', async () => {
  const { events, scrape } = start();
  events.publish('runnerStarted', { runner: 'a', pid: 1, startMs: 80 });
  events.publish('runnerStarted', { runner: 'b', pid: 2, startMs: 80 });
  events.publish('runnerMemory', { runner: 'a', pid: 1, rssBytes: 1_000 });
  events.publish('runnerMemory', { runner: 'b', pid: 2, rssBytes: 2_000 });
  events.publish('runnerMemory', { runner: 'b', pid: 2, rssBytes: 3_000 });
  events.publish('runnerExited', { runner: 'a', pid: 1, reason: 'killed by SIGKILL', expected: false });
  const samples = await scrape();
  expect(samples.get('millrace_runner_starts_total{}')).toBe(2);
  expect(samples.get('millrace_runner_deaths_total{}')).toBe(1);
  expect(of(samples, 'millrace_runner_resident_memory_bytes')).toEqual({
    'millrace_runner_resident_memory_bytes{runner="b"}': 3_000,
  });
  events.publish('runnerExited', { runner: 'b', pid: 2, reason: 'told to', expected: true });
  const later = await scrape();
  expect(later.get('millrace_runner_deaths_total{}')).toBe(1);
  expect(of(later, 'millrace_runner_resident_memory_bytes')).toEqual({});
});

describe('the process', () => {
  it('shows what it uses', async () => {
    const { scrape } = start();
    const samples = await scrape();
    for (const name of [
      'process_cpu_seconds_total',
      'process_resident_memory_bytes',
      'nodejs_heap_size_used_bytes',
      'nv_cpu_memory_total_bytes',
      'nv_cpu_memory_used_bytes',
    ]) {
      expect(samples.get(`${name}{}`), name).toBeGreaterThan(0);
    }
    for (const name of ['nv_cpu_utilization', 'millrace_event_loop_utilization']) {
      expect(samples.get(`${name}{}`), name).toBeGreaterThanOrEqual(0);
      expect(samples.get(`${name}{}`), name).toBeLessThanOrEqual(1);
    }
    expect(Object.keys(of(samples, 'millrace_event_loop_lag_seconds'))).toEqual(
      ['0.5', '0.9', '0.99', '1'].map((quantile) => `millrace_event_loop_lag_seconds{quantile="${quantile}"}`),
    );
    expect(samples.get(`millrace_build_info{node="${process.version}",version="1.2.3"}`)).toBe(1);
    expect(samples.get('millrace_log_lines_dropped_total{}')).toBe(7);
  });
});

describe('a scrape', () => {
  it("is Prometheus' text format", async () => {
    const events = new EventBus();
    metrics = createMetrics({
      events,
      version: '1',
      gauges: () => [],
      modelStates: () => [],
      droppedLogLines: () => 0,
    });
    const { contentType, body } = await metrics.render();
    expect(contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(body.endsWith('\n')).toBe(true);
    expect(body).toContain(
      '# HELP nv_inference_request_success Number of successful inference requests, all batch sizes\n# TYPE nv_inference_request_success counter\n',
    );
  });

  it('that begins while another runs shares it', async () => {
    const events = new EventBus();
    const created = createMetrics({
      events,
      version: '1',
      gauges: () => [],
      modelStates: () => [],
      droppedLogLines: () => 0,
    });
    metrics = created;
    const [first, second] = await Promise.all([created.render(), created.render()]);
    expect(second).toBe(first);
    expect(await created.render()).not.toBe(first);
  });

  it('fails alone when a gauge cannot be read', async () => {
    const events = new EventBus();
    let broken = true;
    const gauges = () => {
      if (broken) throw new Error('not now');
      return [];
    };
    const created = createMetrics({ events, version: '1', gauges, modelStates: () => [], droppedLogLines: () => 0 });
    metrics = created;
    await expect(created.render()).rejects.toThrow('not now');
    broken = false;
    expect((await created.render()).body).toContain('millrace_build_info');
  });
});
