export interface Series {
  readonly name: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

export interface PlotOptions {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  /** Where to write which label on the x axis, in the unit of the points. */
  readonly xTicks: readonly { readonly x: number; readonly label: string }[];
  readonly series: readonly Series[];
}

const WIDTH = 720;
const HEIGHT = 320;
const MARGIN = { left: 70, right: 40, bottom: 48 };
const TITLE_HEIGHT = 24;
const LEGEND_ROW_HEIGHT = 16;
const LEGEND_COLUMNS = 5;
const COLOURS = ['#1b6ac9', '#d1495b', '#2e8b57', '#b8860b', '#6a4c93', '#0b7a75', '#a44200', '#5c5c5c'] as const;

/** A line plot as an SVG element that stands alone: no script, no style sheet. The y axis starts at 0. */
export function plotSvg(options: PlotOptions): string {
  const xs = [
    ...options.series.flatMap((series) => series.points.map((point) => point.x)),
    ...options.xTicks.map((tick) => tick.x),
  ];
  const ys = options.series.flatMap((series) => series.points.map((point) => point.y));
  const [xMin, xMax] = [Math.min(...xs), Math.max(...xs)];
  const yStep = niceStep(Math.max(...ys, 0) / 5);
  const yMax = Math.max(yStep, Math.ceil(Math.max(...ys, 0) / yStep) * yStep);
  const innerWidth = WIDTH - MARGIN.left - MARGIN.right;
  const top = TITLE_HEIGHT + LEGEND_ROW_HEIGHT * Math.ceil(options.series.length / LEGEND_COLUMNS) + 8;
  const innerHeight = HEIGHT - top - MARGIN.bottom;
  const x = (value: number): string =>
    (MARGIN.left + (xMax === xMin ? innerWidth / 2 : ((value - xMin) / (xMax - xMin)) * innerWidth)).toFixed(1);
  const y = (value: number): string => (top + innerHeight * (1 - value / yMax)).toFixed(1);
  const bottom = HEIGHT - MARGIN.bottom;

  const yAxis = Array.from({ length: Math.round(yMax / yStep) + 1 }, (_, index) => index * yStep).map(
    (value) =>
      `<line x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${y(value)}" y2="${y(value)}" stroke="#ddd"/>` +
      text({ x: MARGIN.left - 8, y: Number(y(value)) + 4, anchor: 'end' }, formatTick(value)),
  );
  const xAxis = options.xTicks.map((tick) =>
    text({ x: Number(x(tick.x)), y: bottom + 18, anchor: 'middle' }, tick.label),
  );
  const lines = options.series.map((series, index) => {
    const colour = COLOURS[index % COLOURS.length];
    const points = series.points.map((point) => `${x(point.x)},${y(point.y)}`).join(' ');
    const dots = series.points.map((point) => `<circle cx="${x(point.x)}" cy="${y(point.y)}" r="3" fill="${colour}"/>`);
    return `<polyline points="${points}" fill="none" stroke="${colour}" stroke-width="2"/>${dots.join('')}`;
  });
  const legend = options.series.map((series, index) => {
    const at = MARGIN.left + 12 + (index % LEGEND_COLUMNS) * 130;
    const row = TITLE_HEIGHT + LEGEND_ROW_HEIGHT * Math.floor(index / LEGEND_COLUMNS);
    return (
      `<rect x="${at}" y="${row}" width="10" height="10" fill="${COLOURS[index % COLOURS.length]}"/>` +
      text({ x: at + 14, y: row + 9, anchor: 'start' }, series.name)
    );
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeHtml(options.title)}" font-family="system-ui, sans-serif" font-size="12">`,
    text({ x: MARGIN.left, y: 16, anchor: 'start', bold: true }, options.title),
    ...legend,
    ...yAxis,
    ...xAxis,
    text({ x: MARGIN.left + innerWidth / 2, y: HEIGHT - 8, anchor: 'middle' }, options.xLabel),
    `<g transform="rotate(-90 14 ${top + innerHeight / 2})">${text({ x: 14, y: top + innerHeight / 2, anchor: 'middle' }, options.yLabel)}</g>`,
    ...lines,
    '</svg>',
  ].join('\n');
}

/** 1, 2 or 5 times a power of ten, not below `value`. */
export function niceStep(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const factor = [1, 2, 5, 10].find((candidate) => candidate * power >= value) ?? 10;
  return factor * power;
}

export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

function text(
  at: { readonly x: number; readonly y: number; readonly anchor: string; readonly bold?: boolean },
  content: string,
): string {
  const weight = at.bold === true ? ' font-weight="bold"' : '';
  return `<text x="${at.x.toFixed(1)}" y="${at.y.toFixed(1)}" text-anchor="${at.anchor}"${weight}>${escapeHtml(content)}</text>`;
}

function formatTick(value: number): string {
  return value >= 1000 ? `${Number((value / 1000).toPrecision(3))}k` : String(Number(value.toPrecision(3)));
}
