import type { Observation } from './observation.js';
import { Quantiles, type QuantilesState } from './quantiles.js';
import { VectorCentre, type VectorCentreState } from './vector-centre.js';

/** Plain JSON. */
export interface AnswerNumbersState {
  readonly score: QuantilesState;
  readonly size: QuantilesState;
  readonly distance: QuantilesState;
  readonly centre: VectorCentreState;
}

/** What is compared: how many are below a quantile of stable's, up to its median, or above one. */
const SCORE = [0.1, 0.25, 0.5, 0.75, 0.9] as const;
const VECTOR = [0.1, 0.5, 0.9] as const;

const FIRST_SIZE = SCORE.length;
const FIRST_DISTANCE = FIRST_SIZE + VECTOR.length;

/** "numbers below the median of stable's": what has each trait, by its number. */
export const NUMBER_TRAITS: readonly string[] = [
  ...SCORE.map((quantile) => `numbers ${formatSide(quantile)}`),
  ...VECTOR.map((quantile) => `vectors with a length ${formatSide(quantile)}`),
  ...VECTOR.map((quantile) => `vectors with a distance from stable's mean ${formatSide(quantile)}`),
];

/** Tells which traits an answer has that is a number or a vector. */
export class AnswerNumbers {
  readonly #score: Quantiles;
  readonly #size: Quantiles;
  readonly #distance: Quantiles;
  readonly #centre: VectorCentre;

  constructor(state?: AnswerNumbersState) {
    this.#score = new Quantiles(SCORE, state?.score);
    this.#size = new Quantiles(VECTOR, state?.size);
    this.#distance = new Quantiles(VECTOR, state?.distance);
    this.#centre = new VectorCentre(state?.centre);
  }

  /** Adds an answer's traits, the first of which has the number `first`. */
  observe({ arm, score, vector }: Observation, first: number, traits: number[]): void {
    const isStable = arm === 'stable';
    if (score !== undefined) {
      addTraits(traits, score, { quantiles: SCORE, thresholds: this.#score.thresholds, first });
      if (isStable) this.#score.observe(score);
    }
    if (vector === undefined) return;
    const { size, direction } = vector;
    const ofSize = { quantiles: VECTOR, thresholds: this.#size.thresholds, first: first + FIRST_SIZE };
    addTraits(traits, size, ofSize);
    const distance = this.#centre.distanceTo(direction);
    const ofDistance = { quantiles: VECTOR, thresholds: this.#distance.thresholds, first: first + FIRST_DISTANCE };
    if (distance !== undefined) addTraits(traits, distance, ofDistance);
    if (!isStable) return;
    this.#size.observe(size);
    this.#centre.observe(direction);
    if (distance !== undefined) this.#distance.observe(distance);
  }

  /** A block has ended. */
  settle(): void {
    this.#score.settle();
    this.#size.settle();
    this.#distance.settle();
    this.#centre.settle();
  }

  snapshot(): AnswerNumbersState {
    return {
      score: this.#score.snapshot(),
      size: this.#size.snapshot(),
      distance: this.#distance.snapshot(),
      centre: this.#centre.snapshot(),
    };
  }
}

interface Channel {
  readonly quantiles: readonly number[];
  readonly thresholds: readonly number[];
  readonly first: number;
}

function addTraits(traits: number[], value: number, { quantiles, thresholds, first }: Channel): void {
  for (let index = 0; index < thresholds.length; index++) {
    const threshold = thresholds[index] ?? 0;
    if (isBelow(quantiles[index] ?? 0) ? value < threshold : value > threshold) traits.push(first + index);
  }
}

/** With both sides, a number that is always the same is told apart from another one, whichever is larger. */
function isBelow(quantile: number): boolean {
  return quantile <= 0.5;
}

function formatSide(quantile: number): string {
  const name = quantile === 0.5 ? 'median' : `${quantile * 100} % quantile`;
  return `${isBelow(quantile) ? 'below' : 'above'} the ${name} of stable's`;
}
