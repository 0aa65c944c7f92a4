import { type RatioInterval, ratioInterval } from './harness/interval.js';
import { type BenchReport, formatReport } from './harness/report.js';
import { roundsOf } from './harness/rounds.js';
import type { RowResult } from './harness/row.js';
import type { Metric } from './harness/sample.js';

/** A new build passes when it may cost at most this much more CPU than the old one. */
export const CPU_LIMIT = 1.05;

/** What the rounds of one workload say about new / old; undefined where too few of them have both. */
export interface Comparison {
  readonly id: string;
  /** CPU time of server and runners for a request. */
  readonly cpu: RatioInterval | undefined;
  readonly requestsPerSecond: RatioInterval | undefined;
  /** Whether the whole interval of the CPU ratio lies below {@link CPU_LIMIT}. */
  readonly pass: boolean | undefined;
}

export function compare(row: RowResult): Comparison {
  const cpu = ratioOf(row, 'cpuUsPerRequest');
  return {
    id: row.id,
    cpu,
    requestsPerSecond: ratioOf(row, 'requestsPerSecond'),
    pass: cpu && cpu.high < CPU_LIMIT,
  };
}

function ratioOf({ contestants }: RowResult, metric: Metric): RatioInterval | undefined {
  const rounds = Math.max(0, ...contestants.map(({ samples }) => samples.length));
  const ratios = roundsOf(contestants, rounds).flatMap(({ old, new: current }) => {
    const [top, bottom] = [current?.[metric], old?.[metric]];
    return top === undefined || bottom === undefined || !(top > 0 && bottom > 0) ? [] : [top / bottom];
  });
  return ratioInterval(ratios);
}

/** The report of `--compare`: what the interval of each ratio is, then what was measured. */
export function formatComparison(report: BenchReport): string {
  return formatReport(report, [
    `| row | CPU/request, new / old (95 %) | limit | req/s, new / old (95 %) | |`,
    '|---|---|---|---|---|',
    ...report.rows.map((row) => comparisonLine(compare(row))),
  ]);
}

function comparisonLine({ id, cpu, requestsPerSecond, pass }: Comparison): string {
  const verdict = pass === undefined ? 'not judged' : pass ? 'pass' : '**FAIL**';
  return `| ${id} | ${formatInterval(cpu)} | < ${CPU_LIMIT} | ${formatInterval(requestsPerSecond)} | ${verdict} |`;
}

function formatInterval(interval: RatioInterval | undefined): string {
  if (interval === undefined) return '';
  const [ratio, low, high] = [interval.ratio, interval.low, interval.high].map((value) => value.toFixed(3));
  return `${ratio} (${low}–${high})`;
}
