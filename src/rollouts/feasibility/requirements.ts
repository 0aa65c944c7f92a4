import { BLOCK_KEYS, BLOCK_MS, BLOCK_REQUESTS, MOST_REQUESTS } from '../judge/block.js';
import { roundCount } from '../judge/format.js';
import type { JudgeOptions, MetricName } from '../judge/index.js';
import { confidenceOf } from '../judge/metric.js';
import { complete } from '../judge/options.js';
import { type Certainty, canaryUntilFine, type Dealing, marginAfter } from './fine.js';
import { aloneUntilWorse, canaryUntilWorse } from './rollback.js';
import { type JudgedTerms, type StableRates, termsOf, type Unit } from './terms.js';

/** Observations: requests, or users of a sticky rollout. `all` = of both versions. */
export interface Needed {
  readonly canary: number;
  readonly all: number;
}

/** How much one metric needs at its margin; undefined = no number is enough. */
export interface MetricNeeds {
  readonly name: MetricName;
  /** Until a canary that is like stable is fine. */
  readonly fine: Needed | undefined;
  /** Until one with that fault is rolled back. */
  readonly worse: Needed | undefined;
  /** "fails 10 % more of its requests". */
  readonly fault: string;
}

/** How much a verdict needs at a share of the requests: enough for 95 of 100 rollouts. */
export interface Requirements {
  /** What is dealt by chance, and counts once. */
  readonly unit: Unit;
  /** Canary's share in percent. */
  readonly weight: number;
  /** By all metrics; undefined = no number is enough. */
  readonly fine: Needed | undefined;
  readonly metrics: readonly MetricNeeds[];
}

export interface WorkingMargin {
  readonly name: MetricName;
  /** Rounded up to a hundredth; 1 or more = none is enough. */
  readonly margin: number;
}

/** What is to be judged, and what is known of it. */
export interface JudgedTraffic {
  readonly judge: JudgeOptions;
  readonly unit: Unit;
  /** Canary's share in percent. */
  readonly weight: number;
  /** Observations of both versions; undefined = not known: a block is then as small as blocks may be. */
  readonly perSecond?: number | undefined;
  /** Rates of stable that have been measured. */
  readonly rates?: StableRates | undefined;
}

/** 95 of 100 rollouts need no more: standard deviations for one that is rolled back, and for one with all metrics fine at once. */
const SLACK_WORSE = 2;
const SLACK_FINE = 2.13;

/** The judge has places for 16,384 keys; of more users than this, too many find theirs taken and do not count. */
export const MAX_COUNTED_USERS = 12_000;

export function requirementsOf(traffic: JudgedTraffic): Requirements {
  const { unit, weight } = traffic;
  const metrics = termsOf(traffic).map((terms): MetricNeeds => {
    const { name, fault } = terms;
    return { name, fine: fineOf(traffic, terms), worse: worseOf(traffic, terms), fault };
  });
  return { unit, weight, fine: fineNeeds(traffic), metrics };
}

/** The same, worked out again only for something else than the last time: it takes a millisecond or more. */
export function rememberingRequirements(): typeof requirementsOf {
  let last: { readonly key: string; readonly requirements: Requirements } | undefined;
  return (traffic) => {
    const key = JSON.stringify(traffic);
    if (last?.key !== key) last = { key, requirements: requirementsOf(traffic) };
    return last.requirements;
  };
}

/** Until a canary that is like stable is fine by all metrics of requests; undefined = no number is enough. */
export function fineNeeds(traffic: JudgedTraffic): Needed | undefined {
  let most: Needed | undefined;
  for (const terms of termsOf(traffic)) {
    if (!terms.isOfRequests) continue;
    const needed = fineOf(traffic, terms);
    if (needed === undefined) return undefined;
    if (most === undefined || needed.canary > most.canary) most = needed;
  }
  return most;
}

/** The least margins by which a canary like stable is fine after so many observations of it, of metrics that need larger ones than they have. */
export function marginsThatWork(traffic: JudgedTraffic, canary: number): readonly WorkingMargin[] {
  const { judge } = traffic;
  return termsOf(traffic).flatMap((terms) => {
    if (!terms.isOfRequests) return [];
    const dealing = dealingOf(traffic, terms);
    const left = roundCount(canary, Math.floor) - idleOf(terms, dealing);
    const after = { ...dealing, canary: left };
    const margins = terms.fine.map((fine) => marginAfter(fine, after, certaintyOf(judge)));
    if (terms.fine.every(({ margin }, index) => (margins[index] ?? 1) < margin)) return [];
    const least = Math.max(...terms.fine.map(({ times = 1 }, index) => (margins[index] ?? 1) / times));
    // Above what was worked out, as bounds have to be below it.
    return [{ name: terms.name, margin: (Math.floor(least * 100) + 1) / 100 }];
  });
}

function certaintyOf(judge: JudgeOptions): Certainty {
  return { alpha: confidenceOf(complete(judge)).alpha, slack: SLACK_FINE };
}

function dealingOf({ unit, weight, perSecond = 0 }: JudgedTraffic, { isAlone, blockSize }: JudgedTerms): Dealing {
  if (isAlone) return { share: 1, blockSize: 1 };
  const share = weight / 100;
  if (blockSize !== undefined) return { share, blockSize };
  const least = unit === 'users' ? BLOCK_KEYS : BLOCK_REQUESTS;
  const most = (MOST_REQUESTS * least) / BLOCK_REQUESTS;
  return { share, blockSize: Math.min(Math.max(least, Math.round((perSecond * BLOCK_MS) / 1_000)), most) };
}

function fineOf(traffic: JudgedTraffic, terms: JudgedTerms): Needed | undefined {
  const dealing = dealingOf(traffic, terms);
  const needs = terms.fine.map((fine) => canaryUntilFine(fine, dealing, certaintyOf(traffic.judge)));
  return neededOf(Math.max(...needs) + idleOf(terms, dealing), dealing);
}

function worseOf(traffic: JudgedTraffic, terms: JudgedTerms): Needed | undefined {
  const dealing = dealingOf(traffic, terms);
  const limit = traffic.unit === 'users' && terms.hasUsers ? 2 * terms.worse.limit : terms.worse.limit;
  const worse = { ...terms.worse, limit };
  const canary = terms.isAlone
    ? aloneUntilWorse(worse, SLACK_WORSE)
    : canaryUntilWorse(worse, dealing, SLACK_WORSE) + idleOf(terms, dealing);
  return neededOf(canary, dealing);
}

function idleOf({ idleBlocks }: JudgedTerms, { blockSize, share }: Dealing): number {
  return idleBlocks * blockSize * share;
}

function neededOf(canary: number, { share }: Dealing): Needed | undefined {
  const all = roundCount(canary / share);
  return Number.isFinite(all) ? { canary: roundCount(canary), all } : undefined;
}
