import { readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { commitOf } from './builds.js';
import { h2loadVersion } from './grpc/h2load.js';
import { inRoot } from './paths.js';
import type { BarResult, BenchSettings, RowResult } from './row.js';
import { METRICS, type Metric, type Sample, type Spread, spreadOf, valuesOf } from './sample.js';
import { wrkVersion } from './wrk.js';

export interface BenchReport {
  readonly startedAt: string;
  readonly machine: Readonly<Record<string, string>>;
  readonly settings: Omit<BenchSettings, 'say' | 'textModels'>;
  readonly rows: readonly RowResult[];
  /** Processes of Node.js that ran beside the benchmark when it began; undefined where the system did not tell. */
  readonly otherNodes?: number | undefined;
}

/** What the figures were measured on. */
export function describeMachine(): Record<string, string> {
  const ort: { readonly version: string } = JSON.parse(
    readFileSync(inRoot('node_modules/onnxruntime-node/package.json'), 'utf8'),
  );
  return {
    cpu: `${cpus()[0]?.model.trim()}, ${cpus().length} cores`,
    memory: `${(totalmem() / 2 ** 30).toFixed(0)} GiB`,
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
    'onnxruntime-node': ort.version,
    wrk: wrkVersion() ?? 'not installed',
    h2load: h2loadVersion() ?? 'not installed',
    commit: commitOf(inRoot()),
  };
}

/** The report of the tables: each bar with what was reached, then what was measured. */
export function formatMarkdown(report: BenchReport): string {
  return formatReport(report, formatBars(report.rows));
}

/** Each bar with what was reached; where there is a run under stress, with what that one reached in a column of its own. */
export function formatBars(rows: readonly RowResult[], busy?: readonly RowResult[]): string[] {
  const lines = rows.flatMap((row) => row.bars.map((bar) => barLine(row.id, bar, busy)));
  if (busy === undefined) return ['| row | bar | limit | reached | |', '|---|---|---|---|---|', ...lines];
  return ['| row | bar | limit | quiet | | busy |', '|---|---|---|---|---|---|', ...lines];
}

/** A line of warning where other processes of Node.js ran when a run began; none where none did, or where that is not known. */
export function warningsOf(otherNodes: number | undefined): readonly string[] {
  if (otherNodes === undefined || otherNodes === 0) return [];
  return [`**Warning**: ${otherNodes} other node process${otherNodes === 1 ? '' : 'es'} ran when it began.`];
}

/** A report in Markdown: the machine, the lines of `verdict`, and the samples of each row. */
export function formatReport(
  { startedAt, machine, settings, rows, otherNodes }: BenchReport,
  verdict: readonly string[],
): string {
  return [
    `# Benchmark of ${startedAt}`,
    '',
    ...Object.entries(machine).map(([name, value]) => `- ${name}: ${value}`),
    `- ${settings.rounds} interleaved rounds of ${settings.seconds} s, closed loops by ${settings.generator === 'wrk' ? 'wrk' : 'our own generator'}; median (lowest–highest)`,
    '',
    ...warningsOf(otherNodes).flatMap((warning) => [warning, '']),
    ...verdict,
    '',
    ...rows.flatMap(rowSection),
  ].join('\n');
}

function barLine(id: string, bar: BarResult, busy: readonly RowResult[] | undefined): string {
  const verdict = bar.verdict === 'fail' ? '**FAIL**' : bar.verdict;
  const line = `| ${id} | ${bar.text} | ${bar.limit} | ${reachedOf(bar)} | ${verdict} |`;
  if (busy === undefined) return line;
  const same = busy.find((row) => row.id === id)?.bars.find(({ text }) => text === bar.text);
  return `${line} ${same === undefined ? '' : reachedOf(same)} |`;
}

/** What was reached, and in how many rounds where not all of them count. */
function reachedOf({ spread, digits, counted, rounds }: BarResult): string {
  const reached = formatSpread(spread, digits);
  return counted === 0 || counted === rounds ? reached : `${reached}, ${counted} of ${rounds} rounds`;
}

function rowSection(row: RowResult): string[] {
  const metrics = (Object.keys(METRICS) as Metric[]).filter((metric) =>
    row.contestants.some(({ samples }) => samples.some((sample) => (sample[metric] ?? 0) !== 0)),
  );
  return [
    `## ${row.id}: ${row.title}`,
    '',
    `| | ${metrics.map((metric) => METRICS[metric].label).join(' | ')} |`,
    `|---|${metrics.map(() => '---|').join('')}`,
    ...row.contestants.map(({ name, samples }) => `| ${name} | ${cells(samples, metrics).join(' | ')} |`),
    '',
    ...row.notes.flatMap((note) => [`- ${note}`]),
    ...(row.notes.length > 0 ? [''] : []),
  ];
}

function cells(samples: readonly Sample[], metrics: readonly Metric[]): string[] {
  return metrics.map((metric) => formatSpread(spreadOf(valuesOf(samples, metric)), METRICS[metric].digits));
}

function formatSpread(spread: Spread | undefined, digits: number): string {
  if (spread === undefined) return '';
  const { median, min, max } = spread;
  return `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`;
}
