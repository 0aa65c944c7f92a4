import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LatencyHistogram } from './latency.js';

it('no percentile of latency is below a smaller one, nor above the largest latency', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 60_000, noNaN: true }), { minLength: 1 }), (latencies) => {
      const histogram = new LatencyHistogram();
      for (const latency of latencies) histogram.record(latency);
      const { minMs, p50Ms, p90Ms, p95Ms, p99Ms, p999Ms, maxMs } = histogram.summarize();
      const rising = [minMs, p50Ms, p90Ms, p95Ms, p99Ms, p999Ms, maxMs];
      expect(rising).toEqual(rising.toSorted((one, other) => one - other));
      const curve = histogram.distribution().map((point) => point.latencyMs);
      expect(curve).toEqual(curve.toSorted((one, other) => one - other));
    }),
  );
});
