import { build, type Histogram } from 'hdr-histogram-js';
import type { LatencySummary } from './report.js';

/** Latencies at microsecond resolution and three digits. */
export class LatencyHistogram {
  readonly #histogram: Histogram = build({
    bitBucketSize: 32,
    autoResize: true,
    lowestDiscernibleValue: 1,
    highestTrackableValue: 60_000_000,
    numberOfSignificantValueDigits: 3,
  });

  record(latencyMs: number): void {
    this.#histogram.recordValue(Math.max(0, Math.round(latencyMs * 1000)));
  }

  add(other: LatencyHistogram): void {
    this.#histogram.add(other.#histogram);
  }

  /** Latency at a percentile from 0 to 100; never above the largest, which the histogram keeps exactly and others as its digits allow. */
  at(percentile: number): number {
    if (this.#histogram.totalCount === 0) return 0;
    return Math.min(this.#histogram.getValueAtPercentile(percentile), this.#histogram.maxValue) / 1000;
  }

  get meanMs(): number {
    return this.#histogram.totalCount === 0 ? 0 : this.#histogram.mean / 1000;
  }

  summarize(): LatencySummary {
    const empty = this.#histogram.totalCount === 0;
    return {
      count: this.#histogram.totalCount,
      meanMs: this.meanMs,
      standardDeviationMs: empty ? 0 : this.#histogram.stdDeviation / 1000,
      minMs: this.at(0),
      p50Ms: this.at(50),
      p90Ms: this.at(90),
      p95Ms: this.at(95),
      p99Ms: this.at(99),
      p999Ms: this.at(99.9),
      maxMs: empty ? 0 : this.#histogram.maxValue / 1000,
    };
  }

  /** Points of the latency-by-percentile curve, denser towards 100. */
  distribution(): { percentile: number; latencyMs: number }[] {
    return CURVE_PERCENTILES.map((percentile) => ({ percentile, latencyMs: this.at(percentile) }));
  }
}

const CURVE_PERCENTILES = [
  0, 10, 20, 30, 40, 50, 55, 60, 65, 70, 75, 80, 85, 90, 92.5, 95, 96.25, 97.5, 98.125, 98.75, 99, 99.375, 99.5, 99.75,
  99.9, 99.95, 99.975, 99.99, 99.999, 100,
] as const;
