import { type Interval, isWithin } from './difference.js';
import { formatEvidence, formatMissing } from './format.js';
import type { CompleteOptions } from './options.js';
import type { MetricName, MetricVerdict } from './verdict.js';

/** What a metric may spend, and how sure it has to be. */
export interface Confidence {
  /** Evidence (an e-value) that is enough: 1 / its part of the error budget, which is how likely it accuses a canary that is like stable, at most. */
  readonly limit: number;
  /** How likely the bounds of a difference fail to hold at some time. */
  readonly alpha: number;
}

/** The same for each metric: the budget is divided equally among the guard rail, errors, and what else there is. */
export function confidenceOf({ errorBudget, latency, answers, outcomes, agreement }: CompleteOptions): Confidence {
  const parts = 2 + [latency, answers, outcomes, agreement].filter((each) => each !== false).length;
  return { limit: parts / errorBudget, alpha: errorBudget };
}

/** One thing that canary is judged by. */
export interface Metric {
  isWorse(): boolean;
  verdict(): MetricVerdict;
  /** Plain JSON. */
  snapshot(): unknown;
}

/** What a metric has measured. */
export type Measured = Omit<MetricVerdict, 'name' | 'kind' | 'margin' | 'missing' | 'sentence'>;

/** What a metric has found, of which its verdict is made. */
export interface Finding {
  readonly name: MetricName;
  readonly isWorse: boolean;
  readonly measured: Measured;
  /** Where the difference is fine. */
  readonly margin: Interval;
  /** Further observations of canary until it is; undefined = never, if all goes on as it does. */
  readonly missing: number | undefined;
  /** "0.2 % of canary's 500 requests failed, 0.1 % of stable's"; undefined = nothing is measured yet. */
  readonly comparison: string | undefined;
  /** Why what is fine so far is not all; undefined = it is. */
  readonly notJudged?: string | undefined;
  /** "errors are worse". */
  readonly worseWords: string;
  /** "errors: not enough requests of both versions yet". */
  readonly nothingYet: string;
  /** "requests of canary". */
  readonly unit: string;
}

export function verdictOf(finding: Finding): MetricVerdict {
  const { name, isWorse, measured, margin, missing, comparison, notJudged } = finding;
  const result = { name, margin, ...measured };
  const { evidence, limit, difference } = measured;
  const said = `${comparison}; ${formatEvidence(evidence, limit)}`;
  if (isWorse) return { ...result, kind: 'worse', missing: undefined, sentence: `${finding.worseWords}: ${said}` };
  if (notJudged !== undefined) {
    return { ...result, kind: 'open', missing, sentence: `${name}: not judged: ${notJudged}` };
  }
  if (comparison === undefined) return { ...result, kind: 'open', missing, sentence: `${name}: ${finding.nothingYet}` };
  if (isWithin(difference, margin)) return { ...result, kind: 'fine', missing: 0, sentence: `${name}: ${said}` };
  const sentence = `${name}: ${said}; ${formatMissing(missing, finding.unit)}`;
  return { ...result, kind: 'open', missing, sentence };
}
