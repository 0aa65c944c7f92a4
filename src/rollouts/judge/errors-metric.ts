import { betsOnMore } from './bets.js';
import { type Block, Blocks, tableOf } from './block.js';
import { Comparison, type ComparisonState } from './comparison.js';
import { type Breach, FIRST_WINDOW, type GuardWindow, guard } from './guard.js';
import { type Confidence, kindOf, type Measured, type Metric } from './metric.js';
import type { Observation } from './observation.js';
import type { ErrorOptions } from './options.js';
import { sayCount, sayEvidence, sayShare } from './say.js';
import type { MetricVerdict } from './verdict.js';

const FAILED = 0;

/** Plain JSON. */
export interface ErrorsState {
  readonly comparison: ComparisonState;
  readonly guarded: readonly Block[];
  readonly window: Readonly<GuardWindow>;
  readonly breach: Breach | null;
}

/** Whether canary fails more of its requests than stable, and whether it fails most of them. */
export class ErrorsMetric implements Metric {
  readonly #options: Required<ErrorOptions>;
  readonly #confidence: Confidence;
  readonly #comparison: Comparison;
  readonly #guarded: Blocks;
  readonly #window: GuardWindow;
  #breach: Breach | undefined;

  constructor(options: Required<ErrorOptions>, confidence: Confidence, state?: ErrorsState) {
    this.#options = options;
    this.#confidence = confidence;
    const bets = betsOnMore(options.tolerance);
    this.#comparison = new Comparison({ bets, stakeOf: () => 1 }, state?.comparison);
    this.#guarded = new Blocks(state?.guarded ?? []);
    this.#window = { ...(state?.window ?? FIRST_WINDOW) };
    this.#breach = state?.breach ?? undefined;
  }

  /** `counts`: it was dealt by chance. The guard rail looks at the others as well. */
  observe(observation: Observation, counts: boolean): void {
    const trait = observation.failed ? FAILED : -1;
    if (counts) this.#comparison.observe(observation, trait);
    const block = this.#guarded.add(observation, trait);
    if (block === undefined) return;
    const limits = { share: this.#options.limit, evidence: this.#confidence.limit };
    this.#breach ??= guard(this.#window, tableOf(block, FAILED), limits);
  }

  isWorse(): boolean {
    return this.#breach !== undefined || this.#comparison.peak >= this.#confidence.limit;
  }

  verdict(): MetricVerdict {
    const measured = this.#comparison.measured(FAILED, this.#confidence);
    const kind = kindOf(this.isWorse(), measured.difference.high < this.#options.margin);
    const margin = { low: -1, high: this.#options.margin };
    return { name: 'errors', kind, margin, ...measured, sentence: this.#say(measured) };
  }

  snapshot(): ErrorsState {
    return {
      comparison: this.#comparison.snapshot(),
      guarded: this.#guarded.snapshot(),
      window: { ...this.#window },
      breach: this.#breach ?? null,
    };
  }

  #say({ stable, canary, evidence, limit, observations }: Measured): string {
    if (this.#breach !== undefined) return sayBreach(this.#breach, this.#options.limit);
    if (stable === undefined || canary === undefined) return 'errors: not enough requests of both versions yet';
    const count = sayCount(observations.canary);
    const failed = `${sayShare(canary)} of canary's ${count} requests failed, ${sayShare(stable)} of stable's`;
    return `errors: ${failed}: ${sayEvidence(evidence, limit)}`;
  }
}

function sayBreach({ canary, canaryFailed, stable, stableFailed }: Breach, limit: number): string {
  const failed = `canary failed ${sayCount(canaryFailed)} of ${sayCount(canary)} requests`;
  const over = `more than ${sayShare(limit)} are rolled back at once`;
  const beside = stable === 0 ? '' : `, stable ${sayCount(stableFailed)} of ${sayCount(stable)} at the same time`;
  return `errors: ${failed}${beside}: ${over}`;
}
