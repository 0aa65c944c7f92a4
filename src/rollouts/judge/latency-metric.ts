import { betsOnMore } from './bets.js';
import { Comparison, type ComparisonState } from './comparison.js';
import { LatencyThreshold, type ThresholdState } from './latency-threshold.js';
import { type Confidence, kindOf, type Measured, type Metric } from './metric.js';
import type { Observation } from './observation.js';
import type { LatencyOptions } from './options.js';
import { sayCount, sayEvidence, sayNumber, sayShare } from './say.js';
import type { MetricVerdict } from './verdict.js';

const LATE = 0;

/** Plain JSON. */
export interface LatencyState {
  readonly comparison: ComparisonState;
  readonly threshold: ThresholdState;
}

/** Whether canary answers late more often than stable: later than a quantile of stable's. */
export class LatencyMetric implements Metric {
  readonly #options: Required<LatencyOptions>;
  readonly #confidence: Confidence;
  readonly #comparison: Comparison;
  readonly #threshold: LatencyThreshold;

  constructor(options: Required<LatencyOptions>, confidence: Confidence, state?: LatencyState) {
    this.#options = options;
    this.#confidence = confidence;
    this.#comparison = new Comparison({ bets: betsOnMore(1), stakeOf: () => 1 }, state?.comparison);
    this.#threshold = new LatencyThreshold(options.quantile, state?.threshold);
  }

  observe(observation: Observation): void {
    const { arm, latencyMs } = observation;
    if (latencyMs === undefined) return;
    // What is tolerated is taken off before anything is compared: what is left has to be no later than stable's.
    const comparedMs = arm === 'canary' ? this.#lessTolerance(latencyMs) : latencyMs;
    if (arm === 'stable') this.#threshold.observe(latencyMs);
    const block = this.#comparison.observe(observation, this.#threshold.isBefore(comparedMs) ? LATE : -1);
    if (block !== undefined) this.#threshold.settle(block.stable, block.stableFlagged[LATE] ?? 0);
  }

  isWorse(): boolean {
    return this.#comparison.peak >= this.#confidence.limit;
  }

  verdict(): MetricVerdict | undefined {
    const measured = this.#comparison.measured(LATE, this.#confidence);
    const { difference, observations } = measured;
    if (observations.stable + observations.canary === 0) return undefined;
    const kind = kindOf(this.isWorse(), difference.high < this.#options.margin);
    const margin = { low: -1, high: this.#options.margin };
    return { name: 'latency', kind, margin, ...measured, sentence: this.#say(measured) };
  }

  snapshot(): LatencyState {
    return { comparison: this.#comparison.snapshot(), threshold: this.#threshold.snapshot() };
  }

  #lessTolerance(latencyMs: number): number {
    const { tolerance, floorMs } = this.#options;
    return Math.min(latencyMs / tolerance, latencyMs - floorMs);
  }

  #say({ stable, canary, evidence, limit, observations }: Measured): string {
    if (stable === undefined || canary === undefined) return 'latency: not enough answers of both versions yet';
    const { ms } = this.#threshold;
    const { tolerance, floorMs } = this.#options;
    const late = `were late (over ${sayNumber(Math.max(ms * tolerance, ms + floorMs))} ms)`;
    const shares = `${sayShare(canary)} of canary's ${sayCount(observations.canary)} answers ${late}, ${sayShare(stable)} of stable's (over ${sayNumber(ms)} ms)`;
    return `latency: ${shares}: ${sayEvidence(evidence, limit)}`;
  }
}
