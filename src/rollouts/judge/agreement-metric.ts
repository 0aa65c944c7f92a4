import { type Bet, betsOnMore, Stakes } from './bets.js';
import { type Compared, canaryUntilWithin, interval, NOT_SEEN } from './difference.js';
import { formatCount, formatShare } from './format.js';
import { type Confidence, type Measured, type Metric, verdictOf } from './metric.js';
import type { AgreementOptions } from './options.js';
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
    this.#stakes.add((bet) => logPayoff(bet, agrees));
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
    const { margin } = this.#options;
    const until = canaryUntilWithin({ compared, seen }, this.#confidence.alpha, { low: -1, high: tolerated + margin });
    return verdictOf({
      name: 'agreement',
      isWorse: this.isWorse(),
      measured,
      margin: { low: -margin, high: 1 },
      missing: until === undefined ? undefined : until - this.#compared,
      comparison: this.#compare(measured),
      worseWords: 'agreement is too low',
      nothingYet: 'no answer of the shadow has been compared yet',
      unit: 'compared answers',
    });
  }

  snapshot(): AgreementState {
    return {
      compared: this.#compared,
      differing: this.#differing,
      stakes: this.#stakes.snapshot(),
      peak: this.#peak,
    };
  }

  #compare({ canary, observations }: Measured): string | undefined {
    if (canary === undefined) return undefined;
    const share = `${formatShare(canary)} of ${formatCount(observations.canary)} compared answers agree`;
    return `${share}, at least ${formatShare(this.#options.minimum)} should`;
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
