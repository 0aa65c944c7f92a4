import type { Estimate } from '../statistics/index.js';

/** `1,204`. */
export function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}

/** Three digits that count: `0.0123`, `1.2e-7`. */
export function formatNumber(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  return size >= 1e-4 && size < 1e6 ? String(Number(value.toPrecision(3))) : value.toExponential(1);
}

/** `96.2 %`. */
export function formatShare(share: number): string {
  return `${Number((share * 100).toPrecision(share > 0.995 && share < 1 ? 4 : 3))} %`;
}

/** With its interval: `96.2 % (95.0 % to 97.2 %)`. */
export function formatEstimate(estimate: Estimate | undefined, format: (value: number) => string): string {
  if (estimate === undefined) return 'unknown';
  const { value, low, high } = estimate;
  return `${format(value)} (${format(low)} to ${format(high)})`;
}

/** `queue 10, unavailable 2`; '' where there is none. */
export function formatCounts(counts: Readonly<Record<string, number | undefined>>): string {
  return Object.entries(counts)
    .filter(([, count]) => count !== undefined && count > 0)
    .map(([what, count = 0]) => `${what.replaceAll('_', ' ')} ${formatCount(count)}`)
    .join(', ');
}

/** `2026-11-27 14:20:05 UTC`. */
export function formatTime(ms: number): string {
  return new Date(ms).toISOString().replace('T', ' ').replace(/\..*/, ' UTC');
}

/** Of all counts together. */
export function sumOf(counts: Readonly<Record<string, number | undefined>>): number {
  return Object.values(counts).reduce<number>((sum, count = 0) => sum + count, 0);
}
