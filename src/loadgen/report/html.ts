import type { LoadReport } from '../report.js';
import { escapeHtml, plotSvg } from './plot.js';
import { formatLevel, notesOf, tableOf } from './text.js';

/** The report as one HTML file without any outside resource: a table and plots of throughput and latency. */
export function formatHtml(report: LoadReport): string {
  const title = `Load on ${report.url.replace(/\/$/, '')}${report.path}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; max-width: 960px; margin: 2rem auto; padding: 0 1rem; color: #222; }
table { border-collapse: collapse; margin: 1rem 0; }
th, td { padding: 0.25rem 0.75rem; text-align: right; border-bottom: 1px solid #ddd; }
th:first-child, td:first-child { text-align: left; }
svg { max-width: 100%; margin: 1rem 0; }
</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
<p>${escapeHtml(factsOf(report))}</p>
${tableHtml(report)}
${notesOf(report)
  .map((note) => `<p>${escapeHtml(note)}</p>`)
  .join('\n')}
${report.levels.length > 1 ? levelPlots(report) : ''}
${distributionPlot(report)}
</main>
</body>
</html>
`;
}

function factsOf({ startedAt, machine, requestBytes, rowsPerRequest }: LoadReport): string {
  const rows = rowsPerRequest === 1 ? '' : `, ${rowsPerRequest} rows a request`;
  return `${startedAt} · ${machine.cpu}, ${machine.cores} cores, ${machine.platform}, node ${machine.node} · ${requestBytes} bytes a request${rows}`;
}

function tableHtml(report: LoadReport): string {
  const { header, rows } = tableOf(report);
  const head = header.map((name) => `<th scope="col">${escapeHtml(name)}</th>`).join('');
  const body = rows.map((row) => `<tr>${row.map((cell) => `<td>${escapeHtml(cell)}</td>`).join('')}</tr>`).join('\n');
  return `<table>\n<thead><tr>${head}</tr></thead>\n<tbody>\n${body}\n</tbody>\n</table>`;
}

function levelPlots(report: LoadReport): string {
  const xTicks = report.levels.map((level, x) => ({ x, label: formatLevel(level.level) }));
  const points = (value: (index: number) => number): { x: number; y: number }[] =>
    report.levels.map((_, x) => ({ x, y: value(x) }));
  const latency = (index: number) => report.levels[index]?.latency;
  const throughput = plotSvg({
    title: 'Throughput',
    xLabel: 'load',
    yLabel: 'requests a second',
    xTicks,
    series: [{ name: 'answered', points: points((index) => report.levels[index]?.requestsPerSecond ?? 0) }],
  });
  const latencies = plotSvg({
    title: 'Latency',
    xLabel: 'load',
    yLabel: 'ms',
    xTicks,
    series: [
      { name: 'p50', points: points((index) => latency(index)?.p50Ms ?? 0) },
      { name: 'p90', points: points((index) => latency(index)?.p90Ms ?? 0) },
      { name: 'p99', points: points((index) => latency(index)?.p99Ms ?? 0) },
    ],
  });
  return `${throughput}\n${latencies}`;
}

const TICK_PERCENTILES = [0, 50, 90, 99, 99.9, 99.99, 99.999] as const;
/** Stands in for infinity: where 100 % is drawn. */
const LAST_POSITION = 5.5;

function distributionPlot(report: LoadReport): string {
  return plotSvg({
    title: 'Latency by percentile',
    xLabel: 'percentile of requests',
    yLabel: 'ms',
    xTicks: TICK_PERCENTILES.map((percentile) => ({ x: positionOf(percentile), label: `${percentile} %` })),
    series: report.levels.map((level) => ({
      name: formatLevel(level.level),
      points: level.distribution.map((point) => ({ x: positionOf(point.percentile), y: point.latencyMs })),
    })),
  });
}

/** Nines: 90 → 1, 99 → 2, 99.9 → 3. */
function positionOf(percentile: number): number {
  return percentile >= 100 ? LAST_POSITION : -Math.log10(1 - percentile / 100);
}
