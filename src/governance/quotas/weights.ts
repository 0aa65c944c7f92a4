import type { Caller } from './counters.js';
import type { QuotasOptions } from './options.js';
import { matchesPattern } from './pattern.js';

/**
 * How many turns a caller gets in the queues of models beside the others: the largest weight of the quotas that are about it, 1 where none has
 * one.
 */
export function createWeights(quotas: QuotasOptions): (caller: Caller) => number {
  const weighing = quotas.filter(({ weight }) => weight !== undefined);
  if (weighing.length === 0) return () => 1;
  const known = new WeakMap<Caller, number>();
  return (caller) => {
    const before = known.get(caller);
    if (before !== undefined) return before;
    const weights = weighing.filter((quota) => isAbout(quota, caller)).map(({ weight = 1 }) => weight);
    const weight = weights.length === 0 ? 1 : Math.max(...weights);
    known.set(caller, weight);
    return weight;
  };
}

function isAbout({ principal, group }: QuotasOptions[number], { id, groups }: Caller): boolean {
  if (principal !== undefined && !matchesPattern(principal, id)) return false;
  return group === undefined || groups.some((name) => matchesPattern(group, name));
}
