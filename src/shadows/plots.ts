import type { Estimate } from '../statistics/index.js';
import type { Bucket } from './histogram.js';
import { formatNumber } from './say.js';

const WIDTH = 560;
const HEIGHT = 180;
const LEFT = 8;
const BOTTOM = 24;
const TOP = 10;
const MAX_COLUMN = 56;
/** Label below the axis every so many pixels, at least. */
const LABEL_EVERY = 64;

/** One distribution of a plot. */
export interface Series {
  readonly name: string;
  /** A class of the style sheet. */
  readonly style: 'primary' | 'shadow';
  readonly buckets: readonly Bucket[];
}

/** Text as it may stand in HTML and in its attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Distributions on a common logarithmic axis as SVG; what is 0 has a bar of its own at the left. '' where there is nothing to show. */
export function plotDistributions(series: readonly Series[], unit: string): string {
  const columns = columnsOf(series);
  if (columns.length === 0) return '';
  const width = Math.min(MAX_COLUMN, (WIDTH - 2 * LEFT) / columns.length);
  const shares = series.map(({ buckets }) => sharesOf(buckets, columns));
  const most = Math.max(...shares.flat());
  const height = (share: number) => (share / most) * (HEIGHT - BOTTOM - TOP);
  const bars = series.flatMap(({ name, style }, index) =>
    columns.map((column, at) => {
      const share = shares[index]?.[at] ?? 0;
      if (share === 0) return '';
      const part = width / series.length;
      const x = LEFT + at * width + index * part;
      const title = escapeHtml(`${name}: ${labelOf(column)} ${unit}, ${formatNumber(share * 100)} %`);
      return `<rect class="${style}" x="${fix(x + 0.5)}" y="${fix(HEIGHT - BOTTOM - height(share))}" width="${fix(Math.max(1, part - 1))}" height="${fix(height(share))}" rx="1"><title>${title}</title></rect>`;
    }),
  );
  const every = Math.max(1, Math.ceil(LABEL_EVERY / width));
  const labels = columns.map((column, at) =>
    at % every === 0
      ? `<text x="${fix(LEFT + at * width)}" y="${HEIGHT - 8}">${escapeHtml(column.low === 0 ? '0' : formatNumber(column.low))}</text>`
      : '',
  );
  const axis = `<line class="axis" x1="${LEFT}" y1="${HEIGHT - BOTTOM}" x2="${WIDTH - LEFT}" y2="${HEIGHT - BOTTOM}"/>`;
  const label = escapeHtml(`distribution in ${unit}: ${series.map(({ name }) => name).join(', ')}`);
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${label}">${axis}${bars.join('')}${labels.join('')}</svg>`;
}

/** A share between 0 and 1 with its interval, as a bar with a whisker. */
export function plotShare(estimate: Estimate | undefined): string {
  if (estimate === undefined) return '';
  const { value, low, high } = estimate;
  const at = (share: number) => fix(share * 160);
  const whisker = `<line class="whisker" x1="${at(low)}" y1="7" x2="${at(high)}" y2="7"/>`;
  return `<svg class="share" viewBox="0 0 160 14" aria-hidden="true"><rect class="track" width="160" height="14" rx="3"/><rect class="primary" width="${at(value)}" height="14" rx="3"/>${whisker}</svg>`;
}

type Column = Pick<Bucket, 'low' | 'high'>;

/** All buckets from the lowest to the highest that holds something, with the empty ones between them. */
function columnsOf(series: readonly Series[]): readonly Column[] {
  const all = series.flatMap(({ buckets }) => buckets);
  const positive = all.filter(({ low }) => low > 0);
  const zero: readonly Column[] = all.some(({ low }) => low === 0) ? [{ low: 0, high: 0 }] : [];
  if (positive.length === 0) return zero;
  const [sample] = positive;
  const ratio = sample === undefined ? 10 : sample.high / sample.low;
  const first = Math.min(...positive.map(({ low }) => low));
  const last = Math.max(...positive.map(({ low }) => low));
  const count = Math.round(Math.log(last / first) / Math.log(ratio)) + 1;
  const columns = Array.from({ length: count }, (_, index) => ({
    low: first * ratio ** index,
    high: first * ratio ** (index + 1),
  }));
  return [...zero, ...columns];
}

function sharesOf(buckets: readonly Bucket[], columns: readonly Column[]): readonly number[] {
  const total = buckets.reduce((sum, { count }) => sum + count, 0);
  return columns.map(({ low, high }) => {
    const middle = Math.sqrt(low * high);
    const found = buckets.find((bucket) =>
      low === 0 ? bucket.low === 0 : bucket.low < middle && middle < bucket.high,
    );
    return total === 0 ? 0 : (found?.count ?? 0) / total;
  });
}

function labelOf({ low, high }: Column): string {
  return low === 0 ? '0' : `${formatNumber(low)} to ${formatNumber(high)}`;
}

function fix(value: number): string {
  return String(Number(value.toFixed(1)));
}
