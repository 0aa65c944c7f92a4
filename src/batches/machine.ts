import type { BatchProblem, BatchRecord, BatchState } from '../store/index.js';

export type BatchEvent =
  | { readonly kind: 'validated'; readonly total: number }
  | { readonly kind: 'invalid'; readonly problems: readonly BatchProblem[] }
  /** All requests have a result. */
  | { readonly kind: 'ran' }
  /** Its window is over. */
  | { readonly kind: 'expired' }
  | { readonly kind: 'cancelled' }
  /** What it has written is a file, or an object. */
  | { readonly kind: 'finalized'; readonly outputFile: string | undefined; readonly errorFile: string | undefined };

interface Moment {
  /** Milliseconds since the Unix epoch. */
  readonly nowMs: number;
  /** How long a batch that has ended is kept. */
  readonly keepMs: number;
}

const FINAL_STATES: readonly BatchState[] = ['completed', 'failed', 'expired', 'cancelled'];

export function hasEnded({ state }: Pick<BatchRecord, 'state'>): boolean {
  return FINAL_STATES.includes(state);
}

/** Why the requests that are left do not run; undefined = they do. */
export function endingOf({ state, times }: Pick<BatchRecord, 'state' | 'times'>): 'expired' | 'cancelled' | undefined {
  if (state === 'cancelling') return 'cancelled';
  return times.expired === undefined ? undefined : 'expired';
}

/** The batch that an event makes of a batch; undefined = the event means nothing to it. */
export function afterEvent(batch: BatchRecord, event: BatchEvent, at: Moment): BatchRecord | undefined {
  const { state } = batch;
  switch (event.kind) {
    case 'validated':
      if (state !== 'validating') return undefined;
      return { ...entered(batch, 'in_progress', at), checkpoint: { ...batch.checkpoint, total: event.total } };
    case 'invalid':
      if (state !== 'validating') return undefined;
      return { ...entered(batch, 'failed', at), problems: event.problems };
    case 'ran':
      return state === 'in_progress' ? entered(batch, 'finalizing', at) : undefined;
    case 'expired':
      return afterExpiry(batch, at);
    case 'cancelled':
      return afterCancellation(batch, at);
    case 'finalized':
      return finalized(batch, event, at);
    default:
      return event satisfies never;
  }
}

/** Requests that are left get an error each, as far as the file was validated. */
function afterExpiry(batch: BatchRecord, at: Moment): BatchRecord | undefined {
  if (batch.state === 'validating') return entered(batch, 'expired', at);
  if (batch.state !== 'in_progress') return undefined;
  const finalizing = entered(batch, 'finalizing', at);
  return { ...finalizing, times: { ...finalizing.times, expired: at.nowMs } };
}

function afterCancellation(batch: BatchRecord, at: Moment): BatchRecord | undefined {
  if (batch.state === 'validating') return entered(entered(batch, 'cancelling', at), 'cancelled', at);
  return batch.state === 'in_progress' ? entered(batch, 'cancelling', at) : undefined;
}

function finalized(
  batch: BatchRecord,
  { outputFile, errorFile }: Extract<BatchEvent, { readonly kind: 'finalized' }>,
  at: Moment,
): BatchRecord | undefined {
  if (batch.state !== 'finalizing' && batch.state !== 'cancelling') return undefined;
  return { ...entered(batch, endingOf(batch) ?? 'completed', at), outputFile, errorFile };
}

function entered(batch: BatchRecord, state: Exclude<BatchState, 'validating'>, { nowMs, keepMs }: Moment): BatchRecord {
  const entering = { ...batch, state, times: { ...batch.times, [state]: nowMs } };
  if (!hasEnded(entering)) return entering;
  const inputContent = batch.objects?.input === undefined ? batch.inputContent : undefined;
  return { ...entering, removeAtMs: nowMs + keepMs, inputContent, outputContent: undefined, errorContent: undefined };
}
