/** `0 ms`, `0.123 ms`, `12.3 ms`, `1.20 s`, `2 min 5 s`. */
export function formatMs(ms: number): string {
  if (ms === 0) return '0 ms';
  if (ms < 1) return `${ms.toFixed(3)} ms`;
  if (ms < 10) return `${ms.toFixed(2)} ms`;
  if (ms < 100) return `${ms.toFixed(1)} ms`;
  if (ms < 1_000) return `${ms.toFixed(0)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(2)} s`;
  const seconds = Math.round(ms / 1_000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** `2026-11-27 17:30` of a time in UTC as JSON has it. */
export function formatMinute(time: string): string {
  return time.slice(0, 16).replace('T', ' ');
}

/** `2026-11-27 17:30:05` of a time in UTC as JSON has it. */
export function formatSecond(time: string): string {
  return time.slice(0, 19).replace('T', ' ');
}

const SIZES = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** `512 B`, `28.0 MB` (powers of 1000). */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < SIZES.length - 1) {
    value /= 1_000;
    unit++;
  }
  return unit === 0 ? `${value} B` : `${value < 99.95 ? value.toFixed(1) : value.toFixed(0)} ${SIZES[unit]}`;
}

/** `1,234,567`. */
export function formatCount(count: number): string {
  return Math.round(count).toLocaleString('en-US');
}
