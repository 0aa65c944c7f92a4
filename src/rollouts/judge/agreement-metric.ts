import { type Bet, betsOnMore, Stakes } from './bets.js';
import { type Compared, interval, NOT_SEEN } from './difference.js';
import { type Confidence, kindOf, type Measured, type Metric } from './metric.js';
import type { AgreementOptions } from './options.js';
import { sayCount, sayEvidence, sayShare } from './say.js';
import type { MetricVerdict } from './verdict.js';

/** Plain JSON. */
export interface AgreementState {
  readonly compared: number;
  readonly differing: number;
  readonly stakes: readonly number[];
  readonly peak: number;
}

/** Whether fewer of the compared shadow answers agree than there should. There is one arm only: it is held against a declared share. */
export class AgreementMetric implements Metric {
  readonly #options: Required<AgreementOptions>;
  readonly #confidence: Confidence;
  readonly #stakes: Stakes;
  #compared: number;
  #differing: number;
  #peak: number;

  constructor(options: Required<AgreementOptions>, confidence: Confidence, state?: AgreementState) {
    this.#options = options;
    this.#confidence = confidence;
    this.#stakes = new Stakes(betsOnMore(odds(1 - options.minimum)), state?.stakes);
    this.#compared = state?.compared ?? 0;
    this.#differing = state?.differing ?? 0;
    this.#peak = state?.peak ?? 1;
  }

  observe(agrees: boolean): void {
    this.#compared++;
    if (!agrees) this.#differing++;
    this.#stakes.settle((bet) => logPayoff(bet, agrees));
    this.#peak = Math.max(this.#peak, this.#stakes.worth());
  }

  isWorse(): boolean {
    return this.#peak >= this.#confidence.limit;
  }

  verdict(): MetricVerdict {
    const tolerated = 1 - this.#options.minimum;
    const compared: Compared = { canary: this.#compared, blur: 0 };
    const seen = { ...NOT_SEEN, canary: this.#differing, canarySquares: this.#differing };
    const { low, high } = interval(compared, seen, this.#confidence.alpha);
    const measured = {
      stable: undefined,
      canary: this.#compared === 0 ? undefined : 1 - this.#differing / this.#compared,
      difference: { low: tolerated - high, high: tolerated - low },
      evidence: this.#peak,
      limit: this.#confidence.limit,
      observations: { stable: 0, canary: this.#compared },
    };
    const kind = kindOf(this.isWorse(), high < tolerated + this.#options.margin);
    const margin = { low: -this.#options.margin, high: 1 };
    return { name: 'agreement', kind, margin, ...measured, sentence: this.#say(measured) };
  }

  snapshot(): AgreementState {
    return {
      compared: this.#compared,
      differing: this.#differing,
      stakes: this.#stakes.snapshot(),
      peak: this.#peak,
    };
  }

  #say({ canary, evidence, limit, observations }: Measured): string {
    if (canary === undefined) return 'agreement: no answer of the shadow has been compared yet';
    const share = `${sayShare(canary)} of ${sayCount(observations.canary)} compared answers agree`;
    return `agreement: ${share}, at least ${sayShare(this.#options.minimum)} should: ${sayEvidence(evidence, limit)}`;
  }
}

/** Neither nothing nor all is tolerated to the letter: one answer in a million would decide. */
const LEAST = 1e-6;

function odds(probability: number): number {
  const within = Math.min(Math.max(probability, LEAST), 1 - LEAST);
  return within / (1 - within);
}

/** ln of how much likelier this is at the odds that are bet on than at those that are tolerated. */
function logPayoff({ odds: one, tolerated }: Bet, agrees: boolean): number {
  const log = Math.log((1 + tolerated) / (1 + one));
  return agrees ? log : log + Math.log(one / tolerated);
}
