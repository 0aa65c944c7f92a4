import { escapeHtml, plotDistributions, plotShare } from './plots.js';
import type { OutputReport, PairReport, ShadowReport } from './report.js';
import { headLines, outputLines, pairLines, type ReportLine } from './report-lines.js';
import { formatSampled } from './report-text.js';
import type { Sample, SampledTensor } from './samples.js';
import { formatCount, formatNumber, formatShare, formatTime } from './say.js';

const STYLE = `
:root { color-scheme: light dark; --ground: #fff; --card: #f6f7f9; --ink: #1b1f24; --soft: #5b6470; --rule: #dfe3e8; --primary: #3b6fd4; --shadow: #e08a2c; --good: #1f7a45; }
@media (prefers-color-scheme: dark) { :root { --ground: #14171b; --card: #1d2126; --ink: #e7eaee; --soft: #9aa4b0; --rule: #2d333b; --primary: #6f9cf0; --shadow: #f0a552; --good: #63c48d; } }
body { margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 60rem; font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--ground); }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; } h2 { font-size: 1.15rem; margin: 2.5rem 0 .75rem; } h3 { font-size: 1rem; margin: 0 0 .5rem; }
.card { background: var(--card); border: 1px solid var(--rule); border-radius: 8px; padding: 1rem 1.25rem; margin: .75rem 0; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: .75rem; }
.tile { background: var(--card); border: 1px solid var(--rule); border-radius: 8px; padding: .75rem 1rem; }
.tile b { display: block; font-size: 1.6rem; font-weight: 600; font-variant-numeric: tabular-nums; } .tile span { color: var(--soft); font-size: .85rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1.25rem; margin: 0; } dt { color: var(--soft); } dd { margin: 0; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
svg { width: 100%; height: auto; display: block; margin-top: .75rem; } svg.share { width: 10rem; margin: 0; } svg text { font: 10px system-ui, sans-serif; fill: var(--soft); }
.primary { fill: var(--primary); } .shadow { fill: var(--shadow); } .axis { stroke: var(--rule); } .track { fill: var(--rule); } .whisker { stroke: var(--ink); stroke-width: 2; }
.legend { color: var(--soft); font-size: .85rem; } .legend i { display: inline-block; width: .75rem; height: .75rem; border-radius: 2px; margin: 0 .35rem 0 1rem; } .legend i.primary { background: var(--primary); margin-left: 0; } .legend i.shadow { background: var(--shadow); }
figure { margin: 0; } figcaption { color: var(--soft); font-size: .85rem; } .plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(18rem, 1fr)); gap: 0 1.5rem; }
.name { display: flex; justify-content: space-between; align-items: center; gap: 1rem; } details { margin-top: .5rem; } summary { cursor: pointer; } code { font: 13px ui-monospace, monospace; overflow-wrap: anywhere; }
`;

/** A report as one HTML page that needs nothing else. */
export function reportAsHtml(report: ShadowReport): string {
  const title = `Shadow of ${escapeHtml(report.route)}`;
  const pairs = report.pairs.map(pairSection).join('');
  const none = '<p>No copy of a request has ended yet.</p>';
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title}</title><style>${STYLE}</style></head><body><main><h1>${title}</h1>${card(definitions(headLines(report)))}${pairs || none}</main></body></html>\n`;
}

function pairSection(pair: PairReport): string {
  const { primary, shadow, requests, agreement, failures, computeMs, outputs, samples } = pair;
  const share = agreement === undefined ? '–' : formatShare(agreement.value);
  const more = computeMs.difference === undefined ? '–' : `${formatNumber(computeMs.difference.value)} ms`;
  const tiles = [
    tile(formatCount(requests), 'requests that both have ended'),
    tile(share, 'of the compared answers agree'),
    tile(formatCount(failures.onlyShadow), 'failed on the shadow only'),
    tile(more, 'more computation on average'),
  ].join('');
  const latency = plotDistributions(
    [
      { name: primary, style: 'primary', buckets: computeMs.primary.buckets },
      { name: shadow, style: 'shadow', buckets: computeMs.shadow.buckets },
    ],
    'ms',
  );
  const legend = `<p class="legend"><i class="primary"></i>${escapeHtml(primary)}<i class="shadow"></i>${escapeHtml(shadow)}</p>`;
  const compute = latency === '' ? '' : card(`<h3>Computation, milliseconds</h3>${legend}${latency}`);
  return `<h2>${escapeHtml(primary)} → ${escapeHtml(shadow)}</h2><div class="tiles">${tiles}</div>${card(definitions(pairLines(pair)))}${compute}${outputs.map(outputCard).join('')}${samplesCard(samples)}`;
}

function outputCard(output: OutputReport): string {
  const { name, agreement, numbers, classes } = output;
  const plots = [
    plotDistributions(
      [{ name: 'total variation', style: 'shadow', buckets: classes?.buckets ?? [] }],
      'total variation',
    ),
    plotDistributions([{ name: 'difference', style: 'shadow', buckets: numbers?.buckets ?? [] }], 'largest difference'),
  ];
  const captions = ['Requests by total variation', 'Requests by their largest difference'];
  const figures = plots.map((plot, index) =>
    plot === '' ? '' : `<figure>${plot}<figcaption>${captions[index]}</figcaption></figure>`,
  );
  const head = `<div class="name"><h3>Output ${escapeHtml(name)}</h3>${plotShare(agreement)}</div>`;
  return card(`${head}${definitions(outputLines(output))}<div class="plots">${figures.join('')}</div>`);
}

function samplesCard(samples: readonly Sample[]): string {
  if (samples.length === 0) return '';
  const tensors = (what: string, list: readonly SampledTensor[]) =>
    list.map(
      (tensor) =>
        `<dt>${what} ${escapeHtml(tensor.name)}</dt><dd><code>${escapeHtml(formatSampled(tensor))}</code></dd>`,
    );
  const items = samples.map(({ requestId, atMs, severity, inputs, primary, shadow }) => {
    const summary = `${escapeHtml(requestId)}, ${formatTime(atMs)}, severity ${formatNumber(severity)}`;
    const all = [...tensors('input', inputs), ...tensors('primary', primary), ...tensors('shadow', shadow)].join('');
    return `<details><summary>${summary}</summary><dl>${all}</dl></details>`;
  });
  return card(`<h3>Worst disagreements</h3>${items.join('')}`);
}

function tile(value: string, what: string): string {
  return `<div class="tile"><b>${escapeHtml(value)}</b><span>${what}</span></div>`;
}

function card(content: string): string {
  return `<section class="card">${content}</section>`;
}

function definitions(lines: readonly ReportLine[]): string {
  return `<dl>${lines.map(({ name, text }) => `<dt>${escapeHtml(name)}</dt><dd>${escapeHtml(text)}</dd>`).join('')}</dl>`;
}
