/** Values between 0 and 1 of a block in the order in which they came, and which of them are canary's. */
export interface DealtValues {
  readonly values: readonly number[];
  readonly isCanary: readonly boolean[];
}

/**
 * ln of how much likelier the deal is where each value v is odds^v times as likely to be canary's as a value of 0 is, than where all deals are
 * equally likely, given how many are canary's. With values of 0 and 1 it is Fisher's noncentral hypergeometric distribution.
 */
export function logDealRatio({ values, isCanary }: DealtValues, odds: number): number {
  const highest = Math.max(...values);
  const weights = values.map((value) => odds ** (value - highest));
  const canary = isCanary.filter(Boolean).length;
  // sums[k]: over all ways to choose k of the weights so far, of their product (elementary symmetric polynomials).
  const sums = new Float64Array(canary + 1);
  sums[0] = 1;
  for (const weight of weights) {
    for (let k = canary; k > 0; k--) sums[k] = (sums[k] ?? 0) + weight * (sums[k - 1] ?? 0);
  }
  const all = sums[canary] ?? 0;
  // Values so far apart that their product is nothing to a double say nothing.
  if (all === 0) return 0;
  let dealt = 0;
  for (const [index, value] of values.entries()) if (isCanary[index]) dealt += (value - highest) * Math.log(odds);
  return dealt - Math.log(all) + logChoose(values.length, canary);
}

/** ln of the number of ways to choose so many. */
function logChoose(size: number, chosen: number): number {
  let log = 0;
  for (let k = 0; k < chosen; k++) log += Math.log((size - k) / (k + 1));
  return log;
}
