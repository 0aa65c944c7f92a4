import { AnswerClasses, type AnswerClassesState, FIRST_BUCKET, HASH_BUCKETS, MORE_OFTEN } from './answer-classes.js';
import { AnswerNumbers, type AnswerNumbersState, NUMBER_TRAITS } from './answer-numbers.js';
import { betsOnChange, betsOnMore } from './bets.js';
import { Comparison, type ComparisonState } from './comparison.js';
import { formatCount, formatShare } from './format.js';
import { type Confidence, type Measured, type Metric, verdictOf } from './metric.js';
import type { Observation } from './observation.js';
import type { AnswerOptions } from './options.js';
import type { MetricVerdict } from './verdict.js';

/** Plain JSON. */
export interface AnswersState {
  readonly comparison: ComparisonState;
  readonly classes: AnswerClassesState;
  readonly numbers: AnswerNumbersState;
  readonly unseen: { readonly stable: number; readonly canary: number };
}

const FIRST_NUMBER = MORE_OFTEN + 1;
const TRAITS = FIRST_NUMBER + NUMBER_TRAITS.length;

/** How much is staked on classes by name, on groups of the others, on those that canary answers more often, and on numbers: 1 together. */
const ON_NAMED = 0.4;
const ON_BUCKETS = 0.1;
const ON_MORE_OFTEN = 0.2;
const ON_NUMBERS = 0.3;

/** Classes, in the order in which they were first seen (frequent ones come first), have 1/2, 1/6, 1/12, … of their part. */
export function stakeOn(trait: number): number {
  if (trait < FIRST_BUCKET) return ON_NAMED / ((trait + 1) * (trait + 2));
  if (trait < MORE_OFTEN) return ON_BUCKETS / HASH_BUCKETS;
  return trait === MORE_OFTEN ? ON_MORE_OFTEN : ON_NUMBERS / NUMBER_TRAITS.length;
}

/** Classes beyond about so many are too many for the groups in which they are counted. */
const MOST_CLASSES = 2_000;

/** Whether canary gives any answer more or less often than stable, or other numbers or vectors. */
export class AnswersMetric implements Metric {
  readonly #options: Required<AnswerOptions>;
  readonly #confidence: Confidence;
  readonly #comparison: Comparison;
  readonly #classes: AnswerClasses;
  readonly #numbers: AnswerNumbers;
  /** Answers that are neither a class nor a number nor a vector. */
  readonly #unseen: { stable: number; canary: number };

  constructor(options: Required<AnswerOptions>, confidence: Confidence, state?: AnswersState) {
    this.#options = options;
    this.#confidence = confidence;
    const onChange = betsOnChange(options.tolerance);
    const onMore = betsOnMore(options.tolerance);
    const betsOn = (trait: number) => (trait === MORE_OFTEN ? onMore : onChange);
    this.#comparison = new Comparison({ betsOn, stakeOn }, state?.comparison);
    this.#classes = new AnswerClasses(state?.classes);
    this.#numbers = new AnswerNumbers(state?.numbers);
    this.#unseen = { ...(state?.unseen ?? { stable: 0, canary: 0 }) };
  }

  observe(observation: Observation, from: number): void {
    const traits = this.#traitsOf(observation);
    if (traits === undefined) {
      if (!observation.failed) this.#unseen[observation.arm]++;
      return;
    }
    if (this.#comparison.observe(observation, from, traits) === undefined) return;
    this.#classes.settle();
    this.#numbers.settle();
  }

  isWorse(): boolean {
    return this.#comparison.peak >= this.#confidence.limit;
  }

  verdict(): MetricVerdict {
    const { margin: most } = this.#options;
    const margins = Array.from({ length: Math.min(this.#comparison.traits, TRAITS) }, (_, trait) => ({
      low: trait === MORE_OFTEN ? -1 : -most,
      high: most,
    }));
    const { trait, measured, margin, missing } = this.#comparison.deciding(margins, this.#confidence);
    return verdictOf({
      name: 'answers',
      isWorse: this.isWorse(),
      measured,
      margin,
      missing,
      comparison: this.#compare(measured, trait),
      notJudged: this.#notJudged(),
      worseWords: 'answers differ',
      nothingYet: 'not enough of both versions yet',
      unit: 'answers of canary',
    });
  }

  snapshot(): AnswersState {
    return {
      comparison: this.#comparison.snapshot(),
      classes: this.#classes.snapshot(),
      numbers: this.#numbers.snapshot(),
      unseen: { ...this.#unseen },
    };
  }

  /** undefined where there is nothing to compare. */
  #traitsOf(observation: Observation): readonly number[] | undefined {
    const { arm, answer, score, vector } = observation;
    const ofClass = answer === undefined ? undefined : this.#classes.observe(arm, answer);
    if (score === undefined && vector === undefined) return ofClass;
    const traits = [...(ofClass ?? [])];
    this.#numbers.observe(observation, FIRST_NUMBER, traits);
    return traits;
  }

  #notJudged(): string | undefined {
    const { stable, canary } = this.#comparison.counts;
    const { stable: unseenStable, canary: unseenCanary } = this.#unseen;
    const unseen = unseenStable + unseenCanary;
    if (stable + canary === 0) return unseen === 0 ? undefined : 'no answer is a class, a number or a vector';
    const share = Math.max(unseenStable / (unseenStable + stable || 1), unseenCanary / (unseenCanary + canary || 1));
    if (share > this.#options.margin) return `${formatShare(share)} of answers are no class, number or vector`;
    if (this.#classes.size <= MOST_CLASSES) return undefined;
    return `more than ${formatCount(MOST_CLASSES)} different answers cannot be told apart`;
  }

  #compare({ stable, canary, observations }: Measured, trait: number): string | undefined {
    if (stable === undefined || canary === undefined) return undefined;
    const count = formatCount(observations.canary);
    return `${formatShare(canary)} of canary's ${count} were ${this.#nameOf(trait)}, ${formatShare(stable)} of stable's`;
  }

  #nameOf(trait: number): string {
    if (trait < FIRST_BUCKET) return `'${this.#classes.names[trait]}'`;
    if (trait < MORE_OFTEN) return `in group ${trait - FIRST_BUCKET + 1} of ${HASH_BUCKETS} of the rarer answers`;
    if (trait === MORE_OFTEN) return 'answers that it gives more often than stable';
    return NUMBER_TRAITS[trait - FIRST_NUMBER] ?? '';
  }
}
