import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { samplesOf, useMetrics } from '../../../test/support/metrics-fixture.js';

const start = useMetrics();

it('follows runner processes: starts, deaths, and the memory of those alive', async () => {
  const { events, scrape } = start();
  events.publish('runnerStarted', { runner: 'a', pid: 1, startMs: 80 });
  events.publish('runnerStarted', { runner: 'b', pid: 2, startMs: 80 });
  events.publish('runnerMemory', { runner: 'a', pid: 1, rssBytes: 1_000, limitBytes: 4_000 });
  events.publish('runnerMemory', { runner: 'b', pid: 2, rssBytes: 2_000, limitBytes: 4_000 });
  events.publish('runnerMemory', { runner: 'b', pid: 2, rssBytes: 3_000, limitBytes: 4_000 });
  events.publish('runnerExited', { runner: 'a', pid: 1, reason: 'killed by SIGKILL', expected: false });
  const samples = await scrape();
  expect(samples.get('millrace_runner_starts_total{}')).toBe(2);
  expect(samples.get('millrace_runner_deaths_total{}')).toBe(1);
  expect(samplesOf(samples, 'millrace_runner_resident_memory_bytes')).toEqual({
    'millrace_runner_resident_memory_bytes{runner="b"}': 3_000,
  });
  events.publish('runnerMemory', { runner: 'b', pid: 3, rssBytes: 500, limitBytes: 4_000 });
  expect(samplesOf(await scrape(), 'millrace_runner_resident_memory_bytes')).toEqual({
    'millrace_runner_resident_memory_bytes{runner="b"}': 3_500,
  });
  expect(samplesOf(await scrape(), 'millrace_runner_memory_limit_bytes')).toEqual({
    'millrace_runner_memory_limit_bytes{runner="b"}': 8_000,
  });
  events.publish('runnerExited', { runner: 'b', pid: 2, reason: 'told to', expected: true });
  events.publish('runnerExited', { runner: 'b', pid: 3, reason: 'told to', expected: true });
  const later = await scrape();
  expect(later.get('millrace_runner_deaths_total{}')).toBe(1);
  expect(samplesOf(later, 'millrace_runner_resident_memory_bytes')).toEqual({});
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
    expect(Object.keys(samplesOf(samples, 'millrace_event_loop_lag_seconds'))).toEqual(
      ['50', '90', '99', '100'].map((percentile) => `millrace_event_loop_lag_seconds{percentile="${percentile}"}`),
    );
    expect(samples.get(`millrace_build_info{node="${process.version}",version="1.2.3"}`)).toBe(1);
    expect(samples.get('millrace_log_lines_dropped_total{}')).toBe(7);
    expect(samples.get('millrace_trace_spans_total{outcome="exported"}')).toBe(5);
    expect(samples.get('millrace_trace_spans_total{outcome="dropped"}')).toBe(2);
    expect(samples.get('millrace_payload_log_records_total{outcome="written"}')).toBe(4);
    expect(samples.get('millrace_payload_log_records_total{outcome="dropped"}')).toBe(3);
  });
});

it('failed writes to the standard streams are counted by stream and code', async () => {
  const { events, scrape } = start();
  events.publish('outputFailed', { stream: 'stderr', code: 'EPIPE' });
  events.publish('outputFailed', { stream: 'stderr', code: 'EPIPE' });
  events.publish('outputFailed', { stream: 'stdout', code: 'ENOSPC' });
  expect(samplesOf(await scrape(), 'millrace_output_failures_total')).toEqual({
    'millrace_output_failures_total{code="EPIPE",stream="stderr"}': 2,
    'millrace_output_failures_total{code="ENOSPC",stream="stdout"}': 1,
  });
});

it('connections that limits have ended or refused are counted by transport and outcome', async () => {
  const { events, scrape } = start();
  for (const outcome of ['evicted', 'evicted', 'refused'] as const) {
    events.publish('connectionLimited', { transport: 'http', outcome });
  }
  events.publish('connectionLimited', { transport: 'grpc', outcome: 'flood' });
  expect(samplesOf(await scrape(), 'millrace_connections_limited_total')).toEqual({
    'millrace_connections_limited_total{outcome="evicted",transport="http"}': 2,
    'millrace_connections_limited_total{outcome="refused",transport="http"}': 1,
    'millrace_connections_limited_total{outcome="flood",transport="grpc"}': 1,
  });
});

describe('a scrape', () => {
  it("is Prometheus' text format", async () => {
    const { contentType, body } = await start().render();
    expect(contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(body.endsWith('\n')).toBe(true);
    expect(body).toContain(
      '# HELP nv_inference_request_success Number of successful inference requests, all batch sizes\n' +
        '# TYPE nv_inference_request_success counter\n',
    );
  });

  it('that begins while another runs shares it', async () => {
    const { render } = start();
    const [first, second] = await Promise.all([render(), render()]);
    expect(second).toBe(first);
    expect(await render()).not.toBe(first);
  });

  it('fails alone when a gauge cannot be read', async () => {
    let broken = true;
    const gauges = () => {
      if (broken) throw new Error('not now');
      return [];
    };
    const { render } = start({ gauges });
    await expect(render()).rejects.toThrow('not now');
    broken = false;
    expect((await render()).body).toContain('millrace_build_info');
  });
});

it('every metric stands in docs/operations.md, and no other', async () => {
  const { render } = start({ hasTensorflowNames: true });
  const names = [...(await render()).body.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
  const page = readFileSync(new URL('../../../docs/operations.md', import.meta.url), 'utf8');
  const listed = [...page.matchAll(/^\| (`.*?`) \| (?:counter|gauge|histogram) \|/gm)].flatMap(([, cell = '']) =>
    cell.replaceAll('`', '').split(', '),
  );
  expect(listed.sort()).toEqual(names.sort());
});
