import { betsOnChange } from './bets.js';
import { Comparison, type ComparisonState, type TraitReport } from './comparison.js';
import { type Confidence, kindOf, type Measured, type Metric } from './metric.js';
import type { Observation } from './observation.js';
import type { AnswerOptions } from './options.js';
import { sayCount, sayEvidence, sayShare } from './say.js';
import type { MetricVerdict } from './verdict.js';

/** Plain JSON. */
export interface AnswersState {
  readonly comparison: ComparisonState;
  readonly known: readonly string[];
}

/** Answers that are told apart; whatever else comes counts as one more. */
const MAX_ANSWERS = 15;
const OTHERS = MAX_ANSWERS;
const MAX_LENGTH = 64;

/** Of answer after answer, in the order in which they were first seen (frequent ones come first): 1/2, 1/6, 1/12, … */
const stakeOf = (index: number) => 1 / ((index + 1) * (index + 2));

/** Whether canary gives any answer more or less often than stable. */
export class AnswersMetric implements Metric {
  readonly #options: Required<AnswerOptions>;
  readonly #confidence: Confidence;
  readonly #comparison: Comparison;
  readonly #known: Map<string, number>;

  constructor(options: Required<AnswerOptions>, confidence: Confidence, state?: AnswersState) {
    this.#options = options;
    this.#confidence = confidence;
    this.#comparison = new Comparison({ bets: betsOnChange(options.tolerance), stakeOf }, state?.comparison);
    this.#known = new Map((state?.known ?? []).map((answer, index) => [answer, index]));
  }

  observe(observation: Observation): void {
    const { answer } = observation;
    if (answer !== undefined) this.#comparison.observe(observation, this.#numberOf(answer));
  }

  isWorse(): boolean {
    return this.#comparison.peak >= this.#confidence.limit;
  }

  verdict(): MetricVerdict | undefined {
    const { counts } = this.#comparison;
    if (counts.stable + counts.canary === 0) return undefined;
    const reports = this.#comparison.reports(this.#confidence.alpha);
    const isWithin = ({ difference }: TraitReport) => Math.max(difference.high, -difference.low) < this.#options.margin;
    const kind = kindOf(this.isWorse(), reports.every(isWithin));
    const suspect = reports.indexOf(reports.reduce((one, other) => (other.worth > one.worth ? other : one)));
    const measured = this.#comparison.measured(suspect, this.#confidence);
    const margin = { low: -this.#options.margin, high: this.#options.margin };
    return { name: 'answers', kind, margin, ...measured, sentence: this.#say(measured, suspect) };
  }

  snapshot(): AnswersState {
    return { comparison: this.#comparison.snapshot(), known: [...this.#known.keys()] };
  }

  #numberOf(answer: string): number {
    const name = answer.slice(0, MAX_LENGTH);
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    if (this.#known.size === MAX_ANSWERS) return OTHERS;
    this.#known.set(name, this.#known.size);
    return this.#known.size - 1;
  }

  #say({ stable, canary, evidence, limit, observations }: Measured, index: number): string {
    if (stable === undefined || canary === undefined) return 'answers: not enough of both versions yet';
    const name = [...this.#known.keys()][index];
    const said = name === undefined ? 'others than the first that were seen' : `'${name}'`;
    const shares = `${sayShare(canary)} of canary's ${sayCount(observations.canary)} were ${said}, ${sayShare(stable)} of stable's`;
    return `answers: ${shares}: ${sayEvidence(evidence, limit)}`;
  }
}
