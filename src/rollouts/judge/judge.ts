import { AgreementMetric, type AgreementState } from './agreement-metric.js';
import { AnswersMetric, type AnswersState } from './answers-metric.js';
import { AssignedKeys, type AssignedKeysState } from './assigned-keys.js';
import { ErrorsMetric, type ErrorsState } from './errors-metric.js';
import { LatencyMetric, type LatencyState } from './latency-metric.js';
import { confidenceOf, type Metric } from './metric.js';
import type { Observation, ObservedOutcome } from './observation.js';
import { type CompleteOptions, complete, type JudgeOptions } from './options.js';
import { OutcomesMetric, type OutcomesState } from './outcomes-metric.js';
import type { MetricVerdict, Verdict } from './verdict.js';

/** Judges a canary by what it does beside stable, while it runs. Pure: it knows no clock, and draws no lots. */
export interface Judge {
  /** One request that has ended. In the order in which they end. */
  observe(observation: Observation): void;
  /** One outcome, in the order in which they come. Does nothing where outcomes are not judged. */
  observeOutcome(outcome: ObservedOutcome): void;
  /** One answer of canary as a shadow that was compared. Does nothing where agreement is not judged. */
  observeAgreement(agrees: boolean): void;
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
  readonly latency?: LatencyState | undefined;
  readonly answers?: AnswersState | undefined;
  readonly outcomes?: OutcomesState | undefined;
  readonly agreement?: AgreementState | undefined;
  readonly keys?: AssignedKeysState | undefined;
  readonly outcomeKeys?: AssignedKeysState | undefined;
}

/** Counts up whenever judges could not go on from what earlier ones have kept. */
const FORMAT = 2;

/**
 * A judge that has seen nothing, or what the one of the snapshot has. A snapshot of other options, or of a release that counted in another way,
 * is of no use: then it begins anew.
 */
export function createJudge(options: JudgeOptions = {}, snapshot?: JudgeSnapshot): Judge {
  const completed = complete(options);
  const key = JSON.stringify(completed);
  const known = snapshot?.format === FORMAT && snapshot.options === key ? snapshot : undefined;
  const { errors, latency, answers, outcomes, agreement } = createMetrics(completed, known);
  const metrics = [errors, latency, answers, outcomes, agreement].filter((metric) => metric !== undefined);
  const keys = new AssignedKeys(known?.keys);
  const outcomeKeys = new AssignedKeys(known?.outcomeKeys);
  return {
    observe(observation) {
      // Where chance assigns no keys, it has not assigned this one either.
      const from = observation.isAssigned === false ? undefined : fromOf(keys, observation);
      errors.observe(observation, from);
      latency?.observe(observation, from);
      if (from !== undefined) answers?.observe(observation, from);
    },
    observeOutcome(outcome) {
      if (outcomes === undefined) return;
      const from = fromOf(outcomeKeys, outcome);
      if (from !== undefined) outcomes.observe(outcome, from);
    },
    observeAgreement: (agrees) => agreement?.observe(agrees),
    isWorse() {
      for (const metric of metrics) if (metric.isWorse()) return true;
      return false;
    },
    verdict: () => combine(metrics),
    snapshot: () => ({
      format: FORMAT,
      options: key,
      errors: errors.snapshot(),
      latency: latency?.snapshot(),
      answers: answers?.snapshot(),
      outcomes: outcomes?.snapshot(),
      agreement: agreement?.snapshot(),
      keys: keys.snapshot(),
      outcomeKeys: outcomeKeys.snapshot(),
    }),
  };
}

function createMetrics(options: CompleteOptions, known: JudgeSnapshot | undefined) {
  const { errors, latency, answers, outcomes, agreement } = options;
  const confidence = confidenceOf(options);
  return {
    errors: new ErrorsMetric(errors, confidence, known?.errors),
    latency: latency ? new LatencyMetric(latency, confidence, known?.latency) : undefined,
    answers: answers ? new AnswersMetric(answers, confidence, known?.answers) : undefined,
    outcomes: outcomes ? new OutcomesMetric(outcomes, confidence, known?.outcomes) : undefined,
    agreement: agreement ? new AgreementMetric(agreement, confidence, known?.agreement) : undefined,
  };
}

/** See {@link AssignedKeys.assign}; each request without a key counts. */
function fromOf(
  keys: AssignedKeys,
  { key, share, arm }: Pick<Observation, 'key' | 'share' | 'arm'>,
): number | undefined {
  return key === undefined ? 0 : keys.assign(key, share, arm === 'canary');
}

/** One metric that is worse is enough; all have to be fine. */
function combine(all: readonly Metric[]): Verdict {
  const metrics = all.map((metric) => metric.verdict());
  const kind = worstOf(metrics);
  const deciding = metrics.filter((metric) => metric.kind === kind);
  return { kind, metrics, sentence: deciding.map(({ sentence }) => sentence).join('; ') };
}

function worstOf(metrics: readonly MetricVerdict[]): Verdict['kind'] {
  if (metrics.some(({ kind }) => kind === 'worse')) return 'worse';
  return metrics.every(({ kind }) => kind === 'fine') ? 'fine' : 'open';
}
