import { type RatioInterval, ratioInterval } from './harness/interval.js';
import { type BenchReport, formatReport } from './harness/report.js';
import { ratiosOf, roundsOf } from './harness/rounds.js';
import type { RowResult } from './harness/row.js';
import { METRICS, type Metric } from './harness/sample.js';

/** A metric of a new build may be at most this many times the old one's. */
export const LIMIT = 1.05;

/** The contestants of each row; `again` is the old build once more, in processes of its own. */
export const SIDES = ['old', 'again', 'new'] as const;

/** What a build is judged by: less is better. */
const JUDGED = ['cpuUsPerRequest', 'startMs', 'serverMemoryMb', 'runnerMemoryMb'] as const satisfies readonly Metric[];
const SHOWN = ['requestsPerSecond', 'p50Ms'] as const satisfies readonly Metric[];

/**
 * `pass`: the whole interval lies below {@link LIMIT}. `within noise`: it does not, but processes of the old build differ as much from each other.
 * `dearer`: neither.
 */
export type ComparisonVerdict = 'pass' | 'within noise' | 'dearer' | 'not judged';

/** What the rounds of one row say about one metric; undefined where too few of them have both sides. */
export interface Comparison {
  readonly id: string;
  readonly metric: Metric;
  /** new / old. */
  readonly ratio: RatioInterval | undefined;
  /** again / old: what two servers of the same build differ by. */
  readonly noise: RatioInterval | undefined;
  readonly verdict: ComparisonVerdict;
}

/** One comparison for each metric that the row has. */
export function compare({ id, contestants }: RowResult): Comparison[] {
  const count = Math.max(0, ...contestants.map(({ samples }) => samples.length));
  const rounds = roundsOf(contestants, count);
  const has = (metric: Metric) => rounds.some((round) => SIDES.some((side) => (round[side]?.[metric] ?? 0) > 0));
  const between = (metric: Metric, who: string) => ratioInterval(ratiosOf(rounds, { metric, who, against: 'old' }));
  return [...JUDGED, ...SHOWN].filter(has).map((metric) => {
    const [ratio, noise] = [between(metric, 'new'), between(metric, 'again')];
    const isJudged = JUDGED.some((judged) => judged === metric);
    return { id, metric, ratio, noise, verdict: isJudged ? verdictOf(ratio, noise) : 'not judged' };
  });
}

function verdictOf(ratio: RatioInterval | undefined, noise: RatioInterval | undefined): ComparisonVerdict {
  if (ratio === undefined) return 'not judged';
  if (ratio.high < LIMIT) return 'pass';
  if (noise === undefined) return 'not judged';
  // Which of the two equal builds is the dearer one is chance.
  return ratio.low <= Math.max(noise.high, 1 / noise.low) ? 'within noise' : 'dearer';
}

/** The report of `--compare`: what the interval of each ratio is, then what was measured. */
export function formatComparison(report: BenchReport): string {
  return formatReport(report, [
    '| row | metric | new / old (95 %) | limit | old again / old (95 %) | |',
    '|---|---|---|---|---|---|',
    ...report.rows.flatMap(compare).map(comparisonLine),
  ]);
}

function comparisonLine({ id, metric, ratio, noise, verdict }: Comparison): string {
  const limit = verdict === 'not judged' ? '' : `< ${LIMIT}`;
  const said = verdict === 'dearer' ? '**dearer**' : verdict;
  return `| ${id} | ${METRICS[metric].label} | ${formatInterval(ratio)} | ${limit} | ${formatInterval(noise)} | ${said} |`;
}

function formatInterval(interval: RatioInterval | undefined): string {
  if (interval === undefined) return '';
  const [ratio, low, high] = [interval.ratio, interval.low, interval.high].map((value) => value.toFixed(3));
  return `${ratio} (${low}–${high})`;
}
