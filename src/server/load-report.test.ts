import { expect, it } from 'vitest';
import { formatLoadReport } from './load-report.js';

const LOAD = { waitingRequests: 3, runningRequests: 8, cacheUsage: 0.25 };

it.each([
  [
    'TEXT',
    'TEXT named_metrics.kv_cache_usage_perc=0.25, named_metrics.num_requests_waiting=3, named_metrics.num_requests_running=8',
  ],
  [
    'text',
    'TEXT named_metrics.kv_cache_usage_perc=0.25, named_metrics.num_requests_waiting=3, named_metrics.num_requests_running=8',
  ],
  ['JSON', 'JSON {"named_metrics":{"kv_cache_usage_perc":0.25,"num_requests_waiting":3,"num_requests_running":8}}'],
])('a load report is written as %s', (format, report) => {
  expect(formatLoadReport(LOAD, format)).toBe(report);
});

it('a server without language models reports no cache', () => {
  expect(formatLoadReport({ ...LOAD, cacheUsage: undefined }, 'TEXT')).toBe(
    'TEXT named_metrics.num_requests_waiting=3, named_metrics.num_requests_running=8',
  );
});

it.each(['', 'BIN', 'TEXT, JSON'])('nothing is reported in the format %j', (format) => {
  expect(formatLoadReport(LOAD, format)).toBeUndefined();
});
