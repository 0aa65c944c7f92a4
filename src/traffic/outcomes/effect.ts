import { type Interval, NORMAL_QUANTILE, studentQuantile, wilsonInterval } from '../../statistics/index.js';

/** How a sample differs from the baseline. */
export interface Effect {
  readonly difference: number;
  readonly differenceInterval: Interval;
  /** To the baseline's mean; undefined where that or the other is not above 0. */
  readonly ratio: number | undefined;
  readonly ratioInterval: Interval | undefined;
}

/** Of `count` values: their mean, and the sum of the squared distances from it. */
export interface Sample {
  readonly kind: 'binary' | 'label' | 'number';
  readonly count: number;
  readonly mean: number;
  readonly squares: number;
}

/** Of a rate by Wilson's score, of a mean by Student's t; undefined for fewer than 1 or 2 values. */
export function meanInterval({ kind, count, mean, squares }: Sample): Interval | undefined {
  if (kind !== 'number') return count < 1 ? undefined : wilsonInterval(mean, count);
  if (count < 2) return undefined;
  const half = studentQuantile(count - 1) * Math.sqrt(squares / (count - 1) / count);
  return { low: mean - half, high: mean + half };
}

/**
 * Differences of rates by Newcombe's hybrid score, of means by Welch; ratios on the logarithmic scale (Katz). undefined where either has
 * too few values.
 */
export function effectOf(sample: Sample, baseline: Sample): Effect | undefined {
  const isBinary = sample.kind !== 'number';
  const least = isBinary ? 1 : 2;
  if (sample.kind !== baseline.kind || sample.count < least || baseline.count < least) return undefined;
  const difference = sample.mean - baseline.mean;
  const differenceInterval = isBinary ? newcombe(sample, baseline) : welch(sample, baseline);
  const hasRatio = sample.mean > 0 && baseline.mean > 0;
  if (!hasRatio) return { difference, differenceInterval, ratio: undefined, ratioInterval: undefined };
  const ratio = sample.mean / baseline.mean;
  const spread = relativeVariance(sample) + relativeVariance(baseline);
  const quantile = isBinary ? NORMAL_QUANTILE : studentQuantile(welchDegrees(sample, baseline));
  const factor = Math.exp(quantile * Math.sqrt(spread));
  return { difference, differenceInterval, ratio, ratioInterval: { low: ratio / factor, high: ratio * factor } };
}

/** R. G. Newcombe (1998), method 10. */
function newcombe(sample: Sample, baseline: Sample): Interval {
  const one = wilsonInterval(sample.mean, sample.count);
  const other = wilsonInterval(baseline.mean, baseline.count);
  const difference = sample.mean - baseline.mean;
  return {
    low: difference - Math.hypot(sample.mean - one.low, other.high - baseline.mean),
    high: difference + Math.hypot(one.high - sample.mean, baseline.mean - other.low),
  };
}

function welch(sample: Sample, baseline: Sample): Interval {
  const half =
    studentQuantile(welchDegrees(sample, baseline)) * Math.sqrt(varianceOfMean(sample) + varianceOfMean(baseline));
  const difference = sample.mean - baseline.mean;
  return { low: difference - half, high: difference + half };
}

/** Welch and Satterthwaite's degrees of freedom. */
function welchDegrees(sample: Sample, baseline: Sample): number {
  const [one, other] = [varianceOfMean(sample), varianceOfMean(baseline)];
  if (one + other === 0) return sample.count + baseline.count - 2;
  return (one + other) ** 2 / (one ** 2 / (sample.count - 1) + other ** 2 / (baseline.count - 1));
}

function varianceOfMean({ kind, count, mean, squares }: Sample): number {
  return kind === 'number' ? squares / (count - 1) / count : (mean * (1 - mean)) / count;
}

function relativeVariance(sample: Sample): number {
  return varianceOfMean(sample) / sample.mean ** 2;
}
