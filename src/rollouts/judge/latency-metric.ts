import { betsOnMore } from './bets.js';
import { Comparison, type ComparisonState } from './comparison.js';
import { formatCount, formatNumber, formatShare } from './format.js';
import { type Confidence, type Measured, type Metric, verdictOf } from './metric.js';
import type { Observation } from './observation.js';
import type { LatencyOptions } from './options.js';
import { Quantiles, type QuantilesState } from './quantiles.js';
import { UsersComparison, type UsersState } from './users-comparison.js';
import type { MetricVerdict } from './verdict.js';

/** Beyond the median of stable's latencies; beyond the quantile that counts as late. */
const MEDIAN = 0;
const TAIL = 1;
/** By whether it is beyond either: 1 = the median, 2 = the quantile. */
const TRAITS = [[], [MEDIAN], [TAIL], [MEDIAN, TAIL]] as const;

/** Half of the stake on each. */
export const STAKE = 0.5;

/** As many times the margin of the tail: half of all latencies are beyond the median, so that their share is known less exactly. */
export const MEDIAN_MARGIN = 2;

/** Plain JSON. */
export interface LatencyState {
  readonly comparison: ComparisonState;
  readonly quantiles: QuantilesState;
  readonly uncomputed: number;
  readonly users: UsersState;
  readonly pooled: QuantilesState;
}

/** Whether canary's answers take longer than stable's: more of them than the median, or more of them than a quantile in the tail. */
export class LatencyMetric implements Metric {
  readonly #options: Required<LatencyOptions>;
  readonly #confidence: Confidence;
  readonly #comparison: Comparison;
  readonly #quantiles: Quantiles;
  readonly #users: UsersComparison;
  /** The median of both arms: what users are compared by must not depend on whom chance has assigned to which. */
  readonly #pooled: Quantiles;
  /** Answers that took no computing: those of a cache. */
  #uncomputed: number;

  constructor(options: Required<LatencyOptions>, confidence: Confidence, state?: LatencyState) {
    this.#options = options;
    this.#confidence = confidence;
    const bets = betsOnMore(1);
    this.#comparison = new Comparison({ betsOn: () => bets, stakeOn: () => STAKE }, state?.comparison);
    this.#quantiles = new Quantiles([0.5, options.quantile], state?.quantiles);
    this.#users = new UsersComparison(state?.users);
    this.#pooled = new Quantiles([0.5], state?.pooled);
    this.#uncomputed = state?.uncomputed ?? 0;
  }

  /** `from`: see {@link AssignedKeys.assign}. */
  observe(observation: Observation, from: number | undefined): void {
    const { arm, latencyMs } = observation;
    if (latencyMs === undefined) {
      if (!observation.failed) this.#uncomputed++;
      return;
    }
    // What is tolerated is taken off before anything is compared: what is left has to be no later than stable's.
    const comparedMs = arm === 'canary' ? this.#lessTolerance(latencyMs) : latencyMs;
    this.#observeUser(observation, latencyMs, comparedMs);
    if (from === undefined) return;
    if (arm === 'stable') this.#quantiles.observe(latencyMs);
    const block = this.#comparison.observe(observation, from, this.#traitsOf(comparedMs));
    if (block !== undefined) this.#quantiles.settle();
  }

  isWorse(): boolean {
    return this.#evidence() >= this.#confidence.limit;
  }

  verdict(): MetricVerdict {
    const { stable, canary } = this.#comparison.counts;
    const isUnseen = stable + canary === 0 && this.#uncomputed > 0;
    const margins = [MEDIAN_MARGIN, 1].map((times) => ({
      low: -1,
      high: Math.min(times * this.#options.margin, 1),
    }));
    const { trait, measured, margin, missing } = this.#comparison.deciding(margins, this.#confidence);
    return verdictOf({
      name: 'latency',
      isWorse: this.isWorse(),
      measured: { ...measured, evidence: this.#evidence() },
      margin,
      missing,
      comparison: this.#compare(measured, trait),
      notJudged: isUnseen ? 'no answer has a compute time' : undefined,
      worseWords: 'latency is worse',
      nothingYet: 'not enough answers of both versions yet',
      unit: 'answers of canary',
    });
  }

  snapshot(): LatencyState {
    return {
      comparison: this.#comparison.snapshot(),
      quantiles: this.#quantiles.snapshot(),
      uncomputed: this.#uncomputed,
      users: this.#users.snapshot(),
      pooled: this.#pooled.snapshot(),
    };
  }

  #evidence(): number {
    return this.#users.combine(this.#comparison.peak);
  }

  #observeUser(observation: Observation, latencyMs: number, comparedMs: number): void {
    const [median = Number.POSITIVE_INFINITY] = this.#pooled.thresholds;
    if (observation.key !== undefined) this.#pooled.observe(latencyMs);
    if (this.#users.observe(observation, comparedMs > median)) this.#pooled.settle();
  }

  #traitsOf(latencyMs: number): readonly number[] {
    const [median, tail] = this.#quantiles.thresholds;
    if (median === undefined || tail === undefined) return TRAITS[0];
    return TRAITS[latencyMs > median ? (latencyMs > tail ? 3 : 1) : latencyMs > tail ? 2 : 0];
  }

  #lessTolerance(latencyMs: number): number {
    const { tolerance, floorMs } = this.#options;
    return Math.min(latencyMs / tolerance, latencyMs - floorMs);
  }

  #compare({ stable, canary, observations }: Measured, trait: number): string | undefined {
    if (this.#users.saysMoreThan(this.#comparison.peak) && this.isWorse()) return this.#compareUsers();
    if (stable === undefined || canary === undefined) return undefined;
    const ms = this.#quantiles.thresholds[trait] ?? 0;
    const { tolerance, floorMs, quantile } = this.#options;
    const canaryMs = formatNumber(Math.max(ms * tolerance, ms + floorMs));
    const name = trait === MEDIAN ? 'median' : `p${formatNumber(quantile * 100)}`;
    const slow = trait === MEDIAN ? 'slower than usual' : 'late';
    const own = `${formatShare(canary)} of canary's ${formatCount(observations.canary)} answers were ${slow} (over ${canaryMs} ms, that is stable's ${name} plus tolerance)`;
    return `${own}, ${formatShare(stable)} of stable's (over ${formatNumber(ms)} ms, its ${name})`;
  }

  #compareUsers(): string {
    const { stable = 0, canary = 0 } = this.#users.rates();
    const ms = formatNumber(this.#pooled.thresholds[0] ?? 0);
    const own = `${formatShare(canary)} of all answers for canary's users were slower than ${ms} ms, the median of both versions, less tolerance`;
    return `${own}; ${formatShare(stable)} of stable's`;
  }
}
