/** At 95 %. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** An estimate and its interval. */
export interface Estimate extends Interval {
  readonly value: number;
}

/** 97.5 % of the normal distribution. */
export const NORMAL_QUANTILE = 1.959963984540054;

/** Of a share of `total`, which is not 0: the score interval of E. B. Wilson (1927), without correction for continuity. */
export function wilsonInterval(share: number, total: number): Interval {
  const spread = NORMAL_QUANTILE ** 2 / total;
  const centre = (share + spread / 2) / (1 + spread);
  const half = (NORMAL_QUANTILE / (1 + spread)) * Math.sqrt((share * (1 - share)) / total + spread / (4 * total));
  // The interval ends where all or none do, which rounding would miss.
  return { low: share === 0 ? 0 : Math.max(0, centre - half), high: share === 1 ? 1 : Math.min(1, centre + half) };
}

/** A share of `count` among `total`, with Wilson's interval. Undefined for none. */
export function shareOf(count: number, total: number): Estimate | undefined {
  if (total === 0) return undefined;
  const value = count / total;
  return { value, ...wilsonInterval(value, total) };
}

/** Count, mean and sum of squared deviations of numbers, as JSON holds them (Welford). */
export interface Moments {
  count: number;
  mean: number;
  m2: number;
}

export function createMoments(): Moments {
  return { count: 0, mean: 0, m2: 0 };
}

export function addTo(moments: Moments, value: number): void {
  moments.count++;
  const delta = value - moments.mean;
  moments.mean += delta / moments.count;
  moments.m2 += delta * (value - moments.mean);
}

/** The mean with Student's t interval. Undefined for no number; of one, it is anything. */
export function meanOf({ count, mean, m2 }: Moments): Estimate | undefined {
  if (count === 0) return undefined;
  if (count === 1) return { value: mean, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
  const half = studentQuantile(count - 1) * Math.sqrt(m2 / (count - 1) / count);
  return { value: mean, low: mean - half, high: mean + half };
}

/**
 * The mean of numbers in 0..1, with an empirical Bernstein interval (Maurer and Pontil 2009): it holds whatever their distribution is,
 * also where nearly all of them are 0.
 */
export function boundedMeanOf(moments: Moments): Estimate | undefined {
  const { count, mean, m2 } = moments;
  if (count === 0) return undefined;
  if (count === 1) return { value: mean, low: 0, high: 1 };
  const variance = m2 / (count - 1);
  // Both sides: 5 % is halved, and each bound has a factor of 2 in its logarithm.
  const log = Math.log(4 / 0.05);
  const half = Math.sqrt((2 * variance * log) / count) + (7 * log) / (3 * (count - 1));
  return { value: mean, low: Math.max(0, mean - half), high: Math.min(1, mean + half) };
}

/**
 * The 97.5 % quantile of Student's t, also of degrees that are no whole numbers: exact for one and two, else by the series of Cornish and
 * Fisher, within 0.5 %.
 */
export function studentQuantile(degrees: number): number {
  if (degrees < 1.5) return 12.706204736432095;
  if (degrees < 2.5) return 4.302652729696142;
  const z2 = NORMAL_QUANTILE ** 2;
  const terms = [
    (z2 + 1) / 4,
    (5 * z2 ** 2 + 16 * z2 + 3) / 96,
    (3 * z2 ** 3 + 19 * z2 ** 2 + 17 * z2 - 15) / 384,
    (79 * z2 ** 4 + 776 * z2 ** 3 + 1482 * z2 ** 2 - 1920 * z2 - 945) / 92_160,
  ];
  return NORMAL_QUANTILE * terms.reduce((sum, term, index) => sum + term / degrees ** (index + 1), 1);
}
