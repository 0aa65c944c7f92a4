/** A ratio and the interval that holds it with a probability of 95 %. */
export interface RatioInterval {
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
}

/**
 * What the ratios of several rounds say about the true one: their geometric mean, and Student's interval around the mean of
 * their logarithms, since twice as much is as far from 1 as half as much. undefined of fewer than two rounds.
 */
export function ratioInterval(ratios: readonly number[]): RatioInterval | undefined {
  if (ratios.length < 2) return undefined;
  const logs = ratios.map(Math.log);
  const mean = sum(logs) / logs.length;
  const variance = sum(logs.map((log) => (log - mean) ** 2)) / (logs.length - 1);
  const reach = studentQuantile(logs.length - 1) * Math.sqrt(variance / logs.length);
  return { ratio: Math.exp(mean), low: Math.exp(mean - reach), high: Math.exp(mean + reach) };
}

/** Student's t for 97.5 % at up to 10 degrees of freedom; beyond, a series around the normal quantile is exact to 4 digits. */
const FEW = [12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.306, 2.2622, 2.2281];
const NORMAL = 1.959964;

/** How many standard errors to each side 95 % of the means lie, at this many degrees of freedom. */
export function studentQuantile(freedom: number): number {
  const exact = FEW[freedom - 1];
  if (exact !== undefined) return exact;
  const z = NORMAL;
  return (
    z +
    (z ** 3 + z) / (4 * freedom) +
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * freedom ** 2) +
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / (384 * freedom ** 3)
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
