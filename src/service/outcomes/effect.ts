/** At 95 %. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

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

/** 97.5 % of the normal distribution. */
const Z = 1.959_963_985;

/** Of a rate by Wilson's score, of a mean by Student's t; undefined for fewer than 1 or 2 values. */
export function meanInterval({ kind, count, mean, squares }: Sample): Interval | undefined {
  if (kind !== 'number') return count < 1 ? undefined : wilson(mean, count);
  if (count < 2) return undefined;
  const half = tQuantile(count - 1) * Math.sqrt(squares / (count - 1) / count);
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
  const quantile = isBinary ? Z : tQuantile(welchDegrees(sample, baseline));
  const factor = Math.exp(quantile * Math.sqrt(spread));
  return { difference, differenceInterval, ratio, ratioInterval: { low: ratio / factor, high: ratio * factor } };
}

/** E. B. Wilson (1927), without correction for continuity. */
function wilson(rate: number, count: number): Interval {
  const shrink = 1 + Z ** 2 / count;
  const centre = (rate + Z ** 2 / (2 * count)) / shrink;
  const half = (Z * Math.sqrt((rate * (1 - rate)) / count + Z ** 2 / (4 * count ** 2))) / shrink;
  return { low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}

/** R. G. Newcombe (1998), method 10. */
function newcombe(sample: Sample, baseline: Sample): Interval {
  const one = wilson(sample.mean, sample.count);
  const other = wilson(baseline.mean, baseline.count);
  const difference = sample.mean - baseline.mean;
  return {
    low: difference - Math.hypot(sample.mean - one.low, other.high - baseline.mean),
    high: difference + Math.hypot(one.high - sample.mean, baseline.mean - other.low),
  };
}

function welch(sample: Sample, baseline: Sample): Interval {
  const half = tQuantile(welchDegrees(sample, baseline)) * Math.sqrt(varianceOfMean(sample) + varianceOfMean(baseline));
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

/** 97.5 % of Student's t: the expansion of Cornish and Fisher, within 0.5 % from 3 degrees of freedom on; exact for 1 and 2. */
export function tQuantile(degrees: number): number {
  if (degrees < 1.5) return 12.706_204_736;
  if (degrees < 2.5) return 4.302_652_73;
  const terms = [
    (Z ** 3 + Z) / 4,
    (5 * Z ** 5 + 16 * Z ** 3 + 3 * Z) / 96,
    (3 * Z ** 7 + 19 * Z ** 5 + 17 * Z ** 3 - 15 * Z) / 384,
    (79 * Z ** 9 + 776 * Z ** 7 + 1_482 * Z ** 5 - 1_920 * Z ** 3 - 945 * Z) / 92_160,
  ];
  return terms.reduce((sum, term, index) => sum + term / degrees ** (index + 1), Z);
}
