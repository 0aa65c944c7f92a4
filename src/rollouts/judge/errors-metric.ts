import { betsOnMore } from './bets.js';
import { type Block, Blocks, tablesOf } from './block.js';
import { Comparison, type ComparisonState } from './comparison.js';
import { formatCount, formatShare } from './format.js';
import { type Breach, FIRST_WINDOW, type GuardWindow, guard } from './guard.js';
import { type Confidence, type Measured, type Metric, verdictOf } from './metric.js';
import type { Observation } from './observation.js';
import type { ErrorOptions } from './options.js';
import { UsersComparison, type UsersState } from './users-comparison.js';
import type { MetricVerdict } from './verdict.js';

const FAILED = 0;
const TRAITS = [FAILED] as const;
const NO_TRAITS = [] as const;

/** Plain JSON. */
export interface ErrorsState {
  readonly comparison: ComparisonState;
  readonly guarded?: Block | undefined;
  readonly window: Readonly<GuardWindow>;
  readonly breach: Breach | null;
  readonly again: number;
  readonly users: UsersState;
}

/** Whether canary fails more of its requests than stable, and whether it fails most of them. */
export class ErrorsMetric implements Metric {
  readonly #options: Required<ErrorOptions>;
  readonly #confidence: Confidence;
  readonly #comparison: Comparison;
  readonly #users: UsersComparison;
  readonly #guarded: Blocks;
  readonly #window: GuardWindow;
  /** Requests of keys that had counted already. */
  #again: number;
  #breach: Breach | undefined;

  constructor(options: Required<ErrorOptions>, confidence: Confidence, state?: ErrorsState) {
    this.#options = options;
    this.#confidence = confidence;
    const bets = betsOnMore(options.tolerance);
    this.#comparison = new Comparison({ betsOn: () => bets, stakeOn: () => 1 }, state?.comparison);
    this.#users = new UsersComparison(state?.users);
    this.#guarded = new Blocks(state?.guarded, 1);
    this.#window = { ...(state?.window ?? FIRST_WINDOW) };
    this.#again = state?.again ?? 0;
    this.#breach = state?.breach ?? undefined;
  }

  /** `from`: see {@link AssignedKeys.assign}; the guard rail looks at requests that do not count as well. */
  observe(observation: Observation, from: number | undefined): void {
    const traits = observation.failed ? TRAITS : NO_TRAITS;
    if (from === undefined) this.#again++;
    else this.#comparison.observe(observation, from, traits);
    this.#users.observe(observation, observation.failed);
    const block = this.#guarded.add(observation, 0, traits);
    if (block === undefined) return;
    const limits = { share: this.#options.limit, evidence: this.#confidence.limit };
    this.#breach ??= guard(this.#window, tablesOf(block, FAILED), limits);
  }

  isWorse(): boolean {
    return this.#breach !== undefined || this.#evidence() >= this.#confidence.limit;
  }

  verdict(): MetricVerdict {
    const measured = { ...this.#comparison.measured(FAILED, this.#confidence), evidence: this.#evidence() };
    const margin = { low: -1, high: this.#options.margin };
    const verdict = verdictOf({
      name: 'errors',
      isWorse: this.isWorse(),
      measured,
      margin,
      missing: this.#comparison.missing(FAILED, this.#confidence.alpha, margin),
      comparison: this.#compare(measured),
      notJudged: this.#laterFailures(),
      worseWords: 'errors are worse',
      nothingYet: 'not enough requests of both versions yet',
      unit: this.#again > 0 ? 'users of canary' : 'requests of canary',
    });
    if (this.#breach === undefined) return verdict;
    return { ...verdict, sentence: `errors are worse: ${formatBreach(this.#breach, this.#options.limit)}` };
  }

  snapshot(): ErrorsState {
    return {
      comparison: this.#comparison.snapshot(),
      guarded: this.#guarded.snapshot(),
      window: { ...this.#window },
      breach: this.#breach ?? null,
      again: this.#again,
      users: this.#users.snapshot(),
    };
  }

  #evidence(): number {
    return this.#users.combine(this.#comparison.peak);
  }

  #compare({ stable, canary, observations }: Measured): string | undefined {
    const { peak } = this.#comparison;
    if (this.#users.saysMoreThan(peak) && this.isWorse()) return formatLater(this.#users.rates());
    if (stable === undefined || canary === undefined) return undefined;
    const count = formatCount(observations.canary);
    const what = this.#again > 0 ? 'users failed at their first request' : 'requests failed';
    return `${formatShare(canary)} of canary's ${count} ${what}, ${formatShare(stable)} of stable's`;
  }

  /** Later requests of the same users are weak evidence, as chance has assigned the users; but canary is not fine while they fail more often. */
  #laterFailures(): string | undefined {
    if (this.#again === 0) return undefined;
    const { stable = 0, canary = 0 } = this.#users.rates();
    if (canary - stable < this.#options.margin) return undefined;
    return `${formatLater({ stable, canary })}, but not those of enough users to know whose fault that is`;
  }
}

function formatLater({
  stable = 0,
  canary = 0,
}: {
  readonly stable: number | undefined;
  readonly canary: number | undefined;
}) {
  return `${formatShare(canary)} of all requests of canary's users failed, ${formatShare(stable)} of stable's`;
}

function formatBreach({ canary, canaryFailed, stable, stableFailed }: Breach, limit: number): string {
  const failed = `canary failed ${formatCount(canaryFailed)} of ${formatCount(canary)} requests`;
  const beside = stable === 0 ? '' : `, stable ${formatCount(stableFailed)} of ${formatCount(stable)} at the same time`;
  return `${failed}${beside}; more than ${formatShare(limit)} is rolled back at once`;
}
