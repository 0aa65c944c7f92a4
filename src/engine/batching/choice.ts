/** Why a model's requests are batched together or not; a closed list, the label `reason` of a metric. */
export type BatchingCause =
  | 'configured'
  | 'no_batch_dimension'
  | 'single_row_batches'
  | 'rows_depend_on_batch'
  | 'not_measured'
  | 'measured_at_load'
  | 'measured_in_runs';

/** Whether requests are batched together, and why. */
export interface BatchingChoice {
  readonly enabled: boolean;
  readonly cause: BatchingCause;
  /** The same for people: the measured times, or the reason why nothing was measured. */
  readonly reason: string;
}

/** A row in a batch that costs more than this, beside a row alone, is dearer: what is less is noise. */
export const DEARER_RATIO = 1.1;

const TRIAL_ROWS = 8;
/** A batch that only finds out its cost should not take longer than about this. */
const TRIAL_BUDGET_MS = 400;

/**
 * Rows of a batch that finds out whether batching pays, if one takes `rowMs` and a request has so many; as many as two requests have where
 * that is more than usual. Below two requests = none: batches would take too long.
 */
export function trialRows(rowMs: number, requestRows = 1): number {
  return Math.min(Math.max(TRIAL_ROWS, 2 * requestRows), Math.floor(TRIAL_BUDGET_MS / rowMs));
}

/** A duration in a reason: `0.12 ms`, `250 ms`. */
export function formatRowMs(ms: number): string {
  return `${ms < 10 ? ms.toFixed(2) : ms.toFixed(0)} ms`;
}
