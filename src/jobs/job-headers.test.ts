import { expect, it } from 'vitest';
import { LazyTrace } from '../core/index.js';
import { readJobHeaders, storedHeaders } from './job-headers.js';

it('stores headers that say what a request is, and no credential', () => {
  const headers = {
    authorization: 'Bearer mr_secret',
    'x-api-key': 'mr_secret',
    cookie: 'session=secret',
    'x-amz-security-token': 'secret',
    'ocp-apim-subscription-key': 'secret',
    prefer: 'respond-async',
    'idempotency-key': 'k',
    'content-type': 'application/json',
    'inference-header-content-length': '12',
    'ce-id': '1',
    'x-amzn-sagemaker-custom-attributes': 'a',
    'content-encoding': 'gzip',
    host: 'localhost',
  };
  expect(storedHeaders(headers, { requestId: 'r-1', trace: undefined })).toEqual({
    'x-request-id': 'r-1',
    'content-type': 'application/json',
    'inference-header-content-length': '12',
    'ce-id': '1',
    'x-amzn-sagemaker-custom-attributes': 'a',
  });
});

it('a job is linked to the trace of its submission, where that is recorded', () => {
  const origin = { parentSpanId: undefined, state: undefined };
  const own = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` };
  const sampled = new LazyTrace('c'.repeat(32), { ...origin, sampled: true });
  const stored = storedHeaders(own, { requestId: 'r', trace: sampled });
  expect(stored.traceparent).toBe(`00-${'c'.repeat(32)}-${sampled.spanId}-01`);
  const unsampled = new LazyTrace(undefined, { ...origin, sampled: false });
  expect(storedHeaders(own, { requestId: 'r', trace: unsampled }).traceparent).toBe(own.traceparent);
});

it('reads what is asked of a job', () => {
  expect(readJobHeaders({}, 0)).toEqual({
    priority: undefined,
    notBeforeMs: undefined,
    expiresInMs: undefined,
    keepMs: undefined,
    idempotencyKey: undefined,
    webhook: undefined,
  });
  const headers = {
    'x-millrace-job-priority': 'normal',
    'x-millrace-job-not-before': '10m',
    'x-millrace-job-expires-in': '2h',
    'x-millrace-job-keep': '1d',
    'idempotency-key': 'k',
    'x-millrace-job-webhook': 'https://hooks.example/x',
    'x-millrace-job-webhook-format': 'cloudevents',
    'x-millrace-job-webhook-include': 'answer',
  };
  expect(readJobHeaders(headers, 1_000)).toEqual({
    priority: 'normal',
    notBeforeMs: 601_000,
    expiresInMs: 7_200_000,
    keepMs: 86_400_000,
    idempotencyKey: 'k',
    webhook: { url: 'https://hooks.example/x', format: 'cloudevents', includesAnswer: true },
  });
  expect(readJobHeaders({ 'x-millrace-job-not-before': '1970-01-01T00:00:05Z' }, 0).notBeforeMs).toBe(5_000);
});

it.each([
  ['x-millrace-job-priority', 'high', 'normal or background'],
  ['x-millrace-job-not-before', 'soon', 'a time (2026-11-27T12:00:00Z) or a duration (10m)'],
  ['x-millrace-job-expires-in', '10', 'a duration such as 90s, 10m or 2h'],
  ['x-millrace-job-keep', '0s', 'a duration such as 90s, 10m or 2h'],
])('refuses %s: %s', (name, value, expected) => {
  expect(() => readJobHeaders({ [name]: value }, 0)).toThrow(`header ${name}: expected ${expected}, got '${value}'`);
});

it('refuses a key that is empty or too long', () => {
  for (const key of ['', 'k'.repeat(256)]) {
    expect(() => readJobHeaders({ 'idempotency-key': key }, 0)).toThrow(
      'header idempotency-key: expected 1 to 255 characters, once',
    );
  }
});
