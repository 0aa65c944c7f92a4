import { elementCount, type Tensor } from '../core/index.js';
import { numberReader, type ReadNumber, SLICE_ELEMENTS } from './compare-numbers.js';

/** How the classes differ that two tensors of the same shape stand for; a row is one item along the last axis. */
export interface ClassesComparison {
  readonly rows: number;
  /** Rows whose highest class is another one. */
  readonly flips: number;
  /** Rows that are distributions on both sides. */
  readonly distributions: number;
  /** Sums over those, of rows between 0 and 1: total variation, and the Jensen–Shannon distance (base 2, the root of the divergence). */
  readonly totalVariation: number;
  readonly jensenShannon: number;
}

/** How far sums of probabilities are from 1, in half precision and in others. */
const HALF_TOLERANCE = 0.01;
const SUM_TOLERANCE = 0.001;

/** Whether each row of a tensor is a distribution: no negative numbers, and 1 in sum. False for what has no rows of two or more. */
export function* holdsProbabilities(tensor: Tensor): Generator<void, boolean> {
  const classes = tensor.shape.at(-1) ?? 0;
  const elements = elementCount(tensor.shape);
  if (classes < 2 || elements === 0) return false;
  const read = numberReader(tensor);
  const tolerance = tensor.datatype === 'FP16' || tensor.datatype === 'BF16' ? HALF_TOLERANCE : SUM_TOLERANCE;
  for (let base = 0, seen = 0; base < elements; base += classes) {
    let sum = 0;
    for (let index = base; index < base + classes; index++) {
      const value = read(index);
      if (!(value >= 0)) return false;
      sum += value;
      if (++seen % SLICE_ELEMENTS === 0) yield;
    }
    if (!(Math.abs(sum - 1) <= tolerance)) return false;
  }
  return true;
}

/** Row by row; `asScores`: softmax makes distributions of the rows. Ties go to the first class, and NaN is below all numbers. */
export function* compareClasses(
  primary: Tensor,
  shadow: Tensor,
  asScores: boolean,
): Generator<void, ClassesComparison> {
  const classes = primary.shape.at(-1) ?? 1;
  const elements = elementCount(primary.shape);
  const rows = classes === 0 ? 0 : elements / classes;
  const left = new Row(numberReader(primary), classes, asScores);
  const right = new Row(numberReader(shadow), classes, asScores);
  let flips = 0;
  let distributions = 0;
  let totalVariation = 0;
  let jensenShannon = 0;
  for (let row = 0; row < rows; row++) {
    yield* left.read(row * classes);
    yield* right.read(row * classes);
    if (left.highest !== right.highest) flips++;
    if (!left.isDistribution || !right.isDistribution) continue;
    distributions++;
    const distance = distanceOf(left.probabilities, right.probabilities);
    totalVariation += distance.totalVariation;
    jensenShannon += distance.jensenShannon;
  }
  return { rows, flips, distributions, totalVariation, jensenShannon };
}

/** One row after the other as probabilities. */
class Row {
  readonly probabilities: Float64Array;
  highest = 0;
  isDistribution = false;
  readonly #read: ReadNumber;
  readonly #asScores: boolean;
  #seen = 0;

  constructor(read: ReadNumber, classes: number, asScores: boolean) {
    this.#read = read;
    this.#asScores = asScores;
    this.probabilities = new Float64Array(classes);
  }

  *read(base: number): Generator<void, void> {
    const { probabilities } = this;
    let greatest = Number.NEGATIVE_INFINITY;
    this.highest = 0;
    for (let index = 0; index < probabilities.length; index++) {
      const value = this.#read(base + index);
      probabilities[index] = value;
      if (value > greatest) {
        greatest = value;
        this.highest = index;
      }
      if (++this.#seen % SLICE_ELEMENTS === 0) yield;
    }
    this.#normalise(greatest);
  }

  #normalise(greatest: number): void {
    const { probabilities } = this;
    let sum = 0;
    for (const [index, value] of probabilities.entries()) {
      const weight = this.#asScores ? Math.exp(value - greatest) : value;
      probabilities[index] = weight;
      // What is negative is no probability.
      sum += weight >= 0 ? weight : Number.NaN;
    }
    this.isDistribution = sum > 0 && Number.isFinite(sum);
    if (this.isDistribution) for (const [index, value] of probabilities.entries()) probabilities[index] = value / sum;
  }
}

interface Distance {
  readonly totalVariation: number;
  readonly jensenShannon: number;
}

/** Between 0 = the same and 1 = nothing in common; both are symmetric. */
function distanceOf(left: Float64Array, right: Float64Array): Distance {
  let difference = 0;
  let divergence = 0;
  for (let index = 0; index < left.length; index++) {
    const a = left[index] as number;
    const b = right[index] as number;
    if (a === b) continue;
    const middle = (a + b) / 2;
    difference += Math.abs(a - b);
    // Half of the smallest number there is is 0.
    if (middle === 0) continue;
    if (a > 0) divergence += a * Math.log2(a / middle);
    if (b > 0) divergence += b * Math.log2(b / middle);
  }
  const within = (value: number) => Math.min(1, Math.max(0, value));
  return { totalVariation: within(difference / 2), jensenShannon: Math.sqrt(within(divergence / 2)) };
}
