import type { LoadLevel } from '../options.js';
import type { LevelReport, LoadReport } from '../report.js';

/** `32 clients` or `500/s poisson`. */
export function formatLevel(level: LoadLevel): string {
  switch (level.kind) {
    case 'concurrency':
      return level.concurrency === 1 ? '1 client' : `${level.concurrency} clients`;
    case 'rate':
      return `${level.requestsPerSecond}/s ${level.arrivals}`;
    default:
      return level satisfies never;
  }
}

/** The cells of the table that people read, one row a level; `rows/s` and server columns only where they say something. */
export function tableOf(report: LoadReport): {
  readonly header: readonly string[];
  readonly rows: readonly string[][];
} {
  const columns = COLUMNS.filter((column) => column.wanted(report));
  return {
    header: columns.map((column) => column.name),
    rows: report.levels.map((level) => columns.map((column) => column.cell(level))),
  };
}

/** A plain-text table with what went wrong and what to be wary of below it. */
export function formatText(report: LoadReport): string {
  const { header, rows } = tableOf(report);
  const widths = header.map((name, index) => Math.max(name.length, ...rows.map((row) => row[index]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, index) => (index === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[index] ?? 0)))
      .join('  ');
  return [line(header), ...rows.map(line), ...notesOf(report)].join('\n');
}

/** Sentences on failures, levels that did not settle and a generator that could not keep up. */
export function notesOf(report: LoadReport): string[] {
  return report.levels.flatMap((level) => {
    const name = formatLevel(level.level);
    const notes: string[] = [];
    if (level.failed > 0) {
      const kinds = Object.entries(level.outcomes).filter(([outcome]) => !/^2\d\d$/.test(outcome));
      notes.push(`${name}: ${level.failed} failed (${kinds.map(([kind, count]) => `${kind}: ${count}`).join(', ')})`);
    }
    if (!level.stable) notes.push(`${name}: did not settle in ${level.windows.length} windows; treat with care`);
    if (level.generatorCores > 0.9) notes.push(`${name}: the generator was busy all the time and may be the limit`);
    if (level.level.kind === 'rate' && level.requestsPerSecond < level.level.requestsPerSecond * 0.95) {
      notes.push(`${name}: only ${level.requestsPerSecond.toFixed(0)}/s were answered; latency grows with the backlog`);
    }
    return notes;
  });
}

interface Column {
  readonly name: string;
  readonly cell: (level: LevelReport) => string;
  readonly wanted: (report: LoadReport) => boolean;
}

const always = (): boolean => true;
const withServer = (report: LoadReport): boolean => report.levels.some((level) => level.server !== undefined);

const COLUMNS: readonly Column[] = [
  { name: 'load', cell: ({ level }) => formatLevel(level), wanted: always },
  {
    name: 'req/s',
    cell: (level) => level.requestsPerSecond.toFixed(level.requestsPerSecond < 100 ? 1 : 0),
    wanted: always,
  },
  { name: 'rows/s', cell: (level) => level.rowsPerSecond.toFixed(0), wanted: (report) => report.rowsPerRequest !== 1 },
  { name: 'mean ms', cell: ({ latency }) => formatMs(latency.meanMs), wanted: always },
  { name: 'p50', cell: ({ latency }) => formatMs(latency.p50Ms), wanted: always },
  { name: 'p90', cell: ({ latency }) => formatMs(latency.p90Ms), wanted: always },
  { name: 'p99', cell: ({ latency }) => formatMs(latency.p99Ms), wanted: always },
  { name: 'p99.9', cell: ({ latency }) => formatMs(latency.p999Ms), wanted: always },
  { name: 'max', cell: ({ latency }) => formatMs(latency.maxMs), wanted: always },
  { name: 'failed', cell: (level) => String(level.failed), wanted: always },
  { name: 'CPU µs/req', cell: ({ server }) => server?.cpuUsPerRequest.toFixed(1) ?? '', wanted: withServer },
  {
    name: 'memory MB',
    cell: ({ server }) => (server === undefined ? '' : (server.memoryBytes / 1_048_576).toFixed(0)),
    wanted: withServer,
  },
];

/** Three significant digits, which is what the histogram holds. */
export function formatMs(ms: number): string {
  // What would be rounded up to the next power of ten has a digit less behind the point.
  return ms >= 99.95 ? ms.toFixed(0) : ms >= 9.995 ? ms.toFixed(1) : ms >= 0.9995 ? ms.toFixed(2) : ms.toFixed(3);
}
