/** Of the requests of a block: those that canary had, those that have a trait (they failed, say), and those that are both. */
export interface TwoByTwo {
  readonly size: number;
  readonly canary: number;
  readonly flagged: number;
  readonly canaryFlagged: number;
}

/** Sums are brought back to scale before they overflow. */
const LARGE = 1e200;

/**
 * ln of how much likelier the table is where the trait's odds are `odds` times as high in canary as in stable than where they are `than` times
 * as high, given how many requests canary had and how many have the trait (Fisher's noncentral hypergeometric distribution).
 */
export function logLikelihoodRatio(table: TwoByTwo, odds: number, than: number): number {
  return logLikelihood(table, odds) - logLikelihood(table, than);
}

/** ln of how likely the table is where the trait's odds are `odds` times as high in canary, but for what does not depend on the odds. */
export function logLikelihood(table: TwoByTwo, odds: number): number {
  const lowest = Math.max(0, table.canary + table.flagged - table.size);
  return (table.canaryFlagged - lowest) * Math.log(odds) - logDeals(table, odds);
}

/**
 * ln of the sum, over all ways to deal `canary` of `size` requests to canary, of odds^v, where v of those dealt have the trait. Counted from the
 * lowest v that is possible, whose ways count as one.
 */
function logDeals({ size, canary, flagged }: TwoByTwo, odds: number): number {
  const lowest = Math.max(0, canary + flagged - size);
  const highest = Math.min(canary, flagged);
  let term = 1;
  let sum = 1;
  let logScale = 0;
  for (let v = lowest; v < highest; v++) {
    term *= (odds * (flagged - v) * (canary - v)) / ((v + 1) * (size - flagged - canary + v + 1));
    sum += term;
    if (sum > LARGE) {
      term /= LARGE;
      sum /= LARGE;
      logScale += Math.log(LARGE);
    }
  }
  return logScale + Math.log(sum);
}
