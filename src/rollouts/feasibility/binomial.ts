/** A value and how likely it is. */
export interface Outcome {
  readonly value: number;
  readonly probability: number;
}

/** Values that a distribution is told apart by: more change nothing that is announced. */
const MAX_VALUES = 12;
const NEGLIGIBLE = 1e-7;

/** How many of `size` requests have a trait that each has with that probability. Neighbours are put together where there are many. */
export function binomial(size: number, probability: number): readonly Outcome[] {
  if (probability <= 0 || size === 0) return [{ value: 0, probability: 1 }];
  if (probability >= 1) return [{ value: size, probability: 1 }];
  const mode = Math.floor((size + 1) * probability);
  const odds = probability / (1 - probability);
  const up: Outcome[] = [];
  for (let value = mode, weight = 1; value <= size && weight > NEGLIGIBLE; value++) {
    up.push({ value, probability: weight });
    weight *= (odds * (size - value)) / (value + 1);
  }
  const down: Outcome[] = [];
  for (let value = mode, weight = 1; value > 0; ) {
    weight *= value / (odds * (size - value + 1));
    value--;
    if (weight <= NEGLIGIBLE) break;
    down.push({ value, probability: weight });
  }
  return grouped(normalized([...down.reverse(), ...up]));
}

function normalized(outcomes: readonly Outcome[]): readonly Outcome[] {
  const total = outcomes.reduce((sum, { probability }) => sum + probability, 0);
  return outcomes.map(({ value, probability }) => ({ value, probability: probability / total }));
}

function grouped(outcomes: readonly Outcome[]): readonly Outcome[] {
  const size = Math.ceil(outcomes.length / MAX_VALUES);
  if (size === 1) return outcomes;
  const groups: Outcome[] = [];
  for (let first = 0; first < outcomes.length; first += size) {
    const group = outcomes.slice(first, first + size);
    const probability = group.reduce((sum, outcome) => sum + outcome.probability, 0);
    const mean = group.reduce((sum, outcome) => sum + outcome.value * outcome.probability, 0) / probability;
    groups.push({ value: Math.round(mean), probability });
  }
  return groups;
}
