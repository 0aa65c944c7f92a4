import { ErrorsMetric, type ErrorsState } from './errors-metric.js';
import type { Observation } from './observation.js';
import { complete, type JudgeOptions } from './options.js';
import type { MetricVerdict, Verdict } from './verdict.js';

/** Judges a canary by what it does beside stable, while it runs. Pure: it knows no clock, and draws no lots. */
export interface Judge {
  /** One request that has ended. In the order in which they end. */
  observe(observation: Observation): void;
  /** Whether the verdict is 'worse': asked after every request, it costs next to nothing. Once it is, it stays so. */
  isWorse(): boolean;
  verdict(): Verdict;
  /** JSON of a few kilobytes, from which {@link createJudge} goes on after a restart as if it had not stopped. */
  snapshot(): JudgeSnapshot;
}

/** Plain JSON, of use to {@link createJudge} only. */
export interface JudgeSnapshot {
  readonly format: number;
  /** Of the judge that made it. */
  readonly options: string;
  readonly errors: ErrorsState;
}

/** Counts up whenever judges could not go on from what earlier ones have kept. */
const FORMAT = 1;

/** Parts that the error budget is divided into: the metrics, and the guard rail. */
const PARTS = 2;

/**
 * A judge that has seen nothing, or what the one of the snapshot has. A snapshot of other options, or of a release that counted in another way,
 * is of no use: then it begins anew.
 */
export function createJudge(options: JudgeOptions = {}, snapshot?: JudgeSnapshot): Judge {
  const completed = complete(options);
  const key = JSON.stringify(completed);
  const known = snapshot?.format === FORMAT && snapshot.options === key ? snapshot : undefined;
  const confidence = { budget: completed.errorBudget / PARTS, alpha: completed.errorBudget };
  const errors = new ErrorsMetric(completed.errors, confidence, known?.errors);
  return {
    observe: (observation) => errors.observe(observation),
    isWorse: () => errors.isWorse(),
    verdict: () => verdictOf([errors.verdict()]),
    snapshot: () => ({ format: FORMAT, options: key, errors: errors.snapshot() }),
  };
}

/** One metric that is worse is enough; all of them have to be fine. */
function verdictOf(metrics: readonly MetricVerdict[]): Verdict {
  const kinds = metrics.map(({ kind }) => kind);
  const kind = kinds.find((each) => each === 'worse') ?? kinds.find((each) => each === 'open') ?? 'fine';
  const deciding = metrics.filter((metric) => metric.kind === kind);
  return { kind, metrics, sentence: deciding.map(({ sentence }) => sentence).join('; ') };
}
