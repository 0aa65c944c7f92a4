import type { FailureKind, Position } from '../types.js';

/** Counts of a run so far. */
export interface Counts {
  /** Rows read. */
  readonly rows: number;
  /** Rows in the output. */
  readonly written: number;
  readonly failed: Readonly<Record<FailureKind, number>>;
  /** Requests to the model. */
  readonly requests: number;
  /** Microseconds for which requests had an instance. */
  readonly computeUs: number;
  /** Milliseconds that runs took up to their last checkpoints. */
  readonly elapsedMs: number;
}

export const NO_COUNTS: Counts = Object.freeze({
  rows: 0,
  written: 0,
  failed: Object.freeze({ unreadable: 0, mismatch: 0, model: 0 }),
  requests: 0,
  computeUs: 0,
  elapsedMs: 0,
});

/** All rows that failed. */
export function failedRows({ failed }: Pick<Counts, 'failed'>): number {
  return failed.unreadable + failed.mismatch + failed.model;
}

/** How far a run is. */
export interface RunProgress {
  readonly counts: Counts;
  readonly position: Position;
  /** undefined = unknown before the end. */
  readonly totalRows: number | undefined;
  /** Part of the input that has been read, 0 to 1. */
  readonly share: number;
  /** Rows that an earlier run had done. */
  readonly resumedRows: number;
}

/** How many rows may fail: a count, or a share of those that were read. */
export type ErrorLimit = { readonly count: number } | { readonly share: number };

/** Rows that may fail whatever share of a small input they are. */
const ALWAYS_ALLOWED = 10;

/** Whether more rows have failed than may. */
export function exceeds(limit: ErrorLimit, counts: Pick<Counts, 'failed' | 'rows'>): boolean {
  const failed = failedRows(counts);
  return 'count' in limit ? failed > limit.count : failed > Math.max(ALWAYS_ALLOWED, limit.share * counts.rows);
}

export function formatLimit(limit: ErrorLimit): string {
  return 'count' in limit ? String(limit.count) : `${+(limit.share * 100).toFixed(4)}%`;
}
