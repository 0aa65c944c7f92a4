import type { ErrorCode, Events, Timing } from '../core/index.js';

/** How a request has ended: the caller was wrong, or asked too much; the server has failed; the caller has left. */
export type UsageOutcome = 'answered' | 'refused' | 'failed' | 'cancelled';

const OUTCOMES: Readonly<Record<ErrorCode, UsageOutcome>> = {
  invalid_argument: 'refused',
  unauthenticated: 'refused',
  permission_denied: 'refused',
  not_found: 'refused',
  already_exists: 'refused',
  failed_precondition: 'refused',
  resource_exhausted: 'refused',
  quota_exceeded: 'refused',
  unimplemented: 'refused',
  unavailable: 'failed',
  deadline_exceeded: 'failed',
  internal: 'failed',
  cancelled: 'cancelled',
};

export function outcomeOf({ error }: Pick<Events['inferFinished'], 'error'>): UsageOutcome {
  return error === undefined ? 'answered' : OUTCOMES[error.code];
}

/** Whether an inference is charged to no principal, as shadow copies and the calls of their models are. */
export function isUnaccounted({ call }: Pick<Events['inferFinished'], 'call'>): boolean {
  return call.account === 'none';
}

/**
 * Microseconds for which a request has had an instance: its share, by rows, of the batch in which it ran last, less what the model waited for
 * others that it called, and its time in the model's preparer. 0 for an answer from the cache, and where nothing has run.
 */
export function computeUsOf(timing: Timing, rows: number): number {
  const { cache, batchRows, calledMs, prepareMs, computeInputMs, computeInferMs, computeOutputMs } = timing;
  if (cache === 'hit') return 0;
  const batchMs = Math.max(0, computeInputMs + computeInferMs + computeOutputMs - calledMs);
  const ms = prepareMs + (batchRows > rows ? (batchMs * rows) / batchRows : batchMs);
  return ms > 0 ? Math.round(ms * 1_000) : 0;
}
