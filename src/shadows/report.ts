import { boundedMeanOf, type Estimate, meanOf, shareOf } from '../statistics/index.js';
import type { DropReason } from './dropped.js';
import { type Bucket, bucketsOf, type Histogram, quantileOf } from './histogram.js';
import type { Sample } from './samples.js';
import type { OutputTally, Tally } from './tally.js';

/** Compute time of both sides, where both have computed. */
export interface LatencyReport {
  readonly requests: number;
  readonly primary: LatencySummary;
  readonly shadow: LatencySummary;
  /** Mean of the shadow's less the primary's for the same request. */
  readonly difference: Estimate | undefined;
}

export interface LatencySummary {
  readonly p50: number | undefined;
  readonly p95: number | undefined;
  readonly p99: number | undefined;
  readonly buckets: readonly Bucket[];
}

/** One output of all compared answers. */
export interface OutputReport {
  readonly name: string;
  readonly compared: number;
  readonly agreement: Estimate | undefined;
  /** How often which, by kind; and what the last one was. */
  readonly mismatches: Readonly<Record<string, number>>;
  readonly lastMismatch: string | undefined;
  readonly numbers: NumbersReport | undefined;
  readonly classes: ClassesReport | undefined;
  readonly texts: TextsReport | undefined;
}

export interface NumbersReport {
  readonly elements: number;
  /** Share of the elements beyond the tolerance. */
  readonly differing: Estimate | undefined;
  readonly nonFinite: number;
  readonly maxDifference: number;
  /** Mean over requests of the mean absolute difference of their elements. */
  readonly meanDifference: Estimate | undefined;
  /** Of each request's largest difference. */
  readonly buckets: readonly Bucket[];
}

export interface ClassesReport {
  readonly rows: number;
  /** Share of the rows whose highest class is another one. */
  readonly flips: Estimate | undefined;
  /** Means over requests; undefined where no row was a distribution. */
  readonly totalVariation: Estimate | undefined;
  readonly jensenShannon: Estimate | undefined;
  /** Of each request's mean total variation. */
  readonly buckets: readonly Bucket[];
}

export interface TextsReport {
  readonly elements: number;
  readonly exact: Estimate | undefined;
  readonly normalised: Estimate | undefined;
}

/** What there is to say of two versions that answer the same requests. */
export interface ComparisonReport {
  readonly sinceMs: number;
  /** Requests that both have ended. */
  readonly requests: number;
  readonly compared: number;
  /** Share of the compared answers that agree. */
  readonly agreement: Estimate | undefined;
  readonly failures: { readonly both: number; readonly onlyPrimary: number; readonly onlyShadow: number };
  /** Of the shadow, by code. */
  readonly errors: Readonly<Record<string, number>>;
  readonly computeMs: LatencyReport;
  readonly outputs: readonly OutputReport[];
}

/** What is known of the shadow of a route. */
export interface ShadowReport {
  readonly route: string;
  /** Who gets copies now: `fraud@canary`, `fraud/4`; undefined = nobody any more. */
  readonly shadow: string | undefined;
  readonly share: number;
  /** Milliseconds since the Unix epoch. */
  readonly sinceMs: number;
  /** Requests that have been copied, and copies that wait or run now. */
  readonly copied: number;
  readonly pending: number;
  readonly dropped: Readonly<Partial<Record<DropReason, number>>>;
  /** Each two versions of which one has answered and the other got the copy, the latest first. */
  readonly pairs: readonly PairReport[];
}

export interface PairReport extends ComparisonReport {
  /** `fraud/3`. */
  readonly primary: string;
  readonly shadow: string;
  /** The worst disagreements, where the route lets them be kept. */
  readonly samples: readonly Sample[];
}

export function reportOf(tally: Tally): ComparisonReport {
  const { since, compared, agreeing, bothFailed, primaryFailed, shadowFailed, errors, computeMs, outputs } = tally;
  return {
    sinceMs: since,
    requests: compared + bothFailed + primaryFailed + shadowFailed,
    compared,
    agreement: shareOf(agreeing, compared),
    failures: { both: bothFailed, onlyPrimary: primaryFailed, onlyShadow: shadowFailed },
    errors,
    computeMs: {
      requests: computeMs.difference.count,
      primary: summaryOf(computeMs.primary),
      shadow: summaryOf(computeMs.shadow),
      difference: finite(meanOf(computeMs.difference)),
    },
    outputs: Object.entries(outputs).map(([name, output]) => outputReport(name, output)),
  };
}

function outputReport(name: string, output: OutputTally): OutputReport {
  const { compared, agreeing, mismatches, lastMismatch, numbers, classes, texts } = output;
  return {
    name,
    compared,
    agreement: shareOf(agreeing, compared),
    mismatches,
    lastMismatch: lastMismatch === '' ? undefined : lastMismatch,
    numbers:
      numbers.meanDifference.count === 0
        ? undefined
        : {
            elements: numbers.elements,
            differing: shareOf(numbers.differing, numbers.elements),
            nonFinite: numbers.nonFinite,
            maxDifference: numbers.maxDifference,
            meanDifference: finite(meanOf(numbers.meanDifference)),
            buckets: bucketsOf(numbers.differences),
          },
    classes:
      classes.rows === 0
        ? undefined
        : {
            rows: classes.rows,
            flips: shareOf(classes.flips, classes.rows),
            totalVariation: boundedMeanOf(classes.totalVariation),
            jensenShannon: boundedMeanOf(classes.jensenShannon),
            buckets: bucketsOf(classes.distances),
          },
    texts:
      texts.elements === 0
        ? undefined
        : {
            elements: texts.elements,
            exact: shareOf(texts.exact, texts.elements),
            normalised: shareOf(texts.normalised, texts.elements),
          },
  };
}

function summaryOf(histogram: Histogram): LatencySummary {
  const buckets = bucketsOf(histogram);
  const at = (share: number) => quantileOf(buckets, share);
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), buckets };
}

/** Of a single request there is no interval, which JSON could not say either. */
function finite(estimate: Estimate | undefined): Estimate | undefined {
  return estimate !== undefined && Number.isFinite(estimate.high - estimate.low) ? estimate : undefined;
}
