import { stakeOn } from '../judge/answers-metric.js';
import { betsOnChange, betsOnMore } from '../judge/bets.js';
import type { JudgeOptions, MetricName } from '../judge/index.js';
import { MEDIAN_MARGIN, STAKE } from '../judge/latency-metric.js';
import { confidenceOf } from '../judge/metric.js';
import { complete } from '../judge/options.js';
import { BETS, BLOCK_OUTCOMES } from '../judge/outcomes-metric.js';
import type { FineTerms } from './fine.js';
import type { FaultTerms } from './rollback.js';

/** Measured shares of stable's requests that fail, and means of its outcomes. */
export type StableRates = Readonly<Partial<Record<'errors' | 'outcomes', number>>>;

/** How one metric judges: what is fine, and a fault that is not. */
export interface JudgedTerms {
  readonly name: MetricName;
  /** Observations of it are requests, or users: not outcomes or copies, which are fewer. */
  readonly isOfRequests: boolean;
  /** Held against a declared share, and not against stable. */
  readonly isAlone?: boolean;
  /** Where users are compared, half of its error budget is for all of their requests, and half for their first ones. */
  readonly hasUsers?: boolean;
  /** Observations in a block where these are not requests. */
  readonly blockSize?: number;
  /** What it compares, all of which has to be fine. */
  readonly fine: readonly FineTerms[];
  readonly worse: FaultTerms;
  readonly fault: string;
  /** Blocks that go by before anything is compared. */
  readonly idleBlocks: number;
}

/** Of which nothing is known yet: as many errors as usual, and answers whose shares vary the most. */
const USUAL_ERRORS = 0.01;
const MOST_VARIED = 0.5;

/** What is compared: requests, or the users of a sticky rollout. */
export type Unit = 'requests' | 'users';

interface Judging {
  readonly judge: JudgeOptions;
  readonly unit: Unit;
  readonly rates?: StableRates | undefined;
}

/** What each metric that is judged compares. */
export function termsOf({ judge, unit, rates = {} }: Judging): readonly JudgedTerms[] {
  const completed = complete(judge);
  const { errors, latency, answers, outcomes, agreement } = completed;
  const { limit } = confidenceOf(completed);
  const terms: JudgedTerms[] = [];
  const failing = rates.errors ?? USUAL_ERRORS;
  // Users are few, so that only larger faults are found.
  const fault = unit === 'users' ? 0.3 : 0.1;
  terms.push({
    name: 'errors',
    isOfRequests: true,
    hasUsers: true,
    fine: [{ rate: failing, margin: errors.margin }],
    worse: { stable: failing, canary: more(failing, fault), bets: betsOnMore(errors.tolerance), stake: 1, limit },
    fault: `${fault * 100} more of 100 requests fail`,
    idleBlocks: 0,
  });
  if (latency) {
    const late = 1 - latency.quantile;
    terms.push({
      name: 'latency',
      isOfRequests: true,
      hasUsers: true,
      fine: [
        { rate: 0.5, margin: Math.min(MEDIAN_MARGIN * latency.margin, 1), times: MEDIAN_MARGIN },
        { rate: late, margin: latency.margin },
      ],
      worse: { stable: late, canary: more(late, 0.1), bets: betsOnMore(1), stake: STAKE, limit },
      fault: '10 more of 100 answers are late',
      // What is late is known after the first, and better after the second.
      idleBlocks: 2,
    });
  }
  if (answers) {
    const bets = betsOnChange(answers.tolerance);
    terms.push({
      name: 'answers',
      isOfRequests: true,
      fine: [{ rate: MOST_VARIED, margin: answers.margin }],
      // As the second answer that was seen.
      worse: { stable: MOST_VARIED, canary: more(MOST_VARIED, 0.3), bets, stake: stakeOn(1), limit },
      fault: '30 more of 100 answers are the same one',
      idleBlocks: 0,
    });
  }
  if (outcomes) {
    const missing = 1 - (rates.outcomes ?? MOST_VARIED);
    terms.push({
      name: 'outcomes',
      isOfRequests: false,
      blockSize: BLOCK_OUTCOMES,
      fine: [{ rate: missing, margin: outcomes.margin }],
      worse: { stable: missing, canary: more(missing, 0.3), bets: BETS, stake: 1, limit },
      fault: 'outcomes are 0.3 lower on average',
      idleBlocks: 0,
    });
  }
  if (agreement) {
    const tolerated = 1 - agreement.minimum;
    terms.push({
      name: 'agreement',
      isOfRequests: false,
      isAlone: true,
      fine: [{ rate: tolerated / 2, margin: agreement.margin, tolerated }],
      worse: { stable: tolerated, canary: more(tolerated, 0.1), bets: betsOnMore(1), stake: 1, limit },
      fault: '10 more of 100 answers differ',
      idleBlocks: 0,
    });
  }
  return terms;
}

function more(rate: number, by: number): number {
  return Math.min(rate + by, 1);
}
