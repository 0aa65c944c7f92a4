import type { LevelReport, LoadReport } from '../report.js';

type Cell = string | number | boolean;

/** One line a level under a header line, comma-separated (RFC 4180). */
export function formatCsv(report: LoadReport): string {
  const records = report.levels.map(recordOf);
  const header = Object.keys(records[0] ?? {});
  return [header, ...records.map((record) => Object.values(record))]
    .map((cells) => `${cells.map(quote).join(',')}\r\n`)
    .join('');
}

function recordOf(report: LevelReport): Record<string, Cell> {
  const { level, latency, server } = report;
  return {
    kind: level.kind,
    concurrency: level.kind === 'concurrency' ? level.concurrency : '',
    target_requests_per_second: level.kind === 'rate' ? level.requestsPerSecond : '',
    arrivals: level.kind === 'rate' ? level.arrivals : '',
    stable: report.stable,
    duration_ms: round(report.durationMs),
    completed: report.completed,
    failed: report.failed,
    requests_per_second: round(report.requestsPerSecond),
    rows_per_second: round(report.rowsPerSecond),
    mean_ms: round(latency.meanMs),
    p50_ms: latency.p50Ms,
    p90_ms: latency.p90Ms,
    p95_ms: latency.p95Ms,
    p99_ms: latency.p99Ms,
    p99_9_ms: latency.p999Ms,
    max_ms: latency.maxMs,
    send_delay_p99_ms: report.sendDelay?.p99Ms ?? '',
    outcomes: Object.entries(report.outcomes)
      .map(([outcome, count]) => `${outcome}:${count}`)
      .join(' '),
    server_cpu_us_per_request: server === undefined ? '' : round(server.cpuUsPerRequest),
    server_cores: server === undefined ? '' : round(server.cores),
    server_memory_bytes: server?.memoryBytes ?? '',
    generator_cores: round(report.generatorCores),
  };
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

function quote(cell: Cell): string {
  const text = String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
