import type { QuotasOptions } from './options.js';
import { type Caller, scopeOf } from './scope.js';

/**
 * How many turns a caller gets in the queues of models beside the others: the largest weight of the quotas that are about it, 1 where none has
 * one.
 */
export function createWeights(quotas: QuotasOptions): (caller: Caller) => number {
  const weighing = quotas.flatMap((quota) =>
    quota.weight === undefined ? [] : [{ weight: quota.weight, scope: scopeOf(quota) }],
  );
  if (weighing.length === 0) return () => 1;
  const known = new WeakMap<Caller, number>();
  return (caller) => {
    const before = known.get(caller);
    if (before !== undefined) return before;
    // They are about all models together.
    const weights = weighing.filter(({ scope }) => scope(caller, '').length > 0).map(({ weight }) => weight);
    const weight = weights.length === 0 ? 1 : Math.max(...weights);
    known.set(caller, weight);
    return weight;
  };
}
