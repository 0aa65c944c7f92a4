import { expect, it } from 'vitest';
import { finishedInference } from '../../../test/support/finished-inference.js';
import { useMetrics } from '../../../test/support/metrics-fixture.js';
import { type ErrorCode, MillraceError } from '../../core/index.js';

const start = useMetrics();

function finish(events: ReturnType<typeof start>['events'], code?: ErrorCode) {
  const event = finishedInference('r', { error: code && new MillraceError(code, 'no') });
  Object.assign(event.call.timing, { dequeuedAt: 1, startedAt: 1, finishedAt: 3, computeInferMs: 2 });
  events.publish('inferFinished', event);
}

it("has TensorFlow Serving's names where its protocol is spoken, in microseconds", async () => {
  const { events, scrape } = start({ hasTensorflowNames: true });
  for (const code of [undefined, undefined, 'internal', 'quota_exceeded', 'resource_exhausted'] as const) {
    finish(events, code);
  }
  const samples = [...(await scrape())].filter(([name]) => name.startsWith(':tensorflow:'));
  const counted = samples.filter(([name]) => name.includes('request_count'));
  expect(Object.fromEntries(counted)).toEqual({
    ':tensorflow:serving:request_count{model_name="mlp",model_version="3",status="OK"}': 2,
    ':tensorflow:serving:request_count{model_name="mlp",model_version="3",status="INTERNAL"}': 1,
    ':tensorflow:serving:request_count{model_name="mlp",model_version="3",status="RESOURCE_EXHAUSTED"}': 2,
  });
  const of = (rest: string) => Object.fromEntries(samples)[`:tensorflow:serving:request_latency_${rest}`];
  expect(of('bucket{le="2500",model_name="mlp",model_version="3"}')).toBe(0);
  expect(of('bucket{le="5000",model_name="mlp",model_version="3"}')).toBe(2);
  expect(of('sum{model_name="mlp",model_version="3"}')).toBe(6_000);
  expect(of('count{model_name="mlp",model_version="3"}')).toBe(2);
});

it('has none of them elsewhere', async () => {
  const { events, scrape } = start();
  finish(events);
  expect([...(await scrape()).keys()].filter((name) => name.includes('tensorflow'))).toEqual([]);
});
