import { type Clock, MillraceError, type Signature } from '../../core/index.js';
import type { Instance } from '../../runtimes/index.js';
import { runOnce, zeroInputs } from '../warmup.js';
import { type BatchingCause, type BatchingChoice, DEARER_RATIO, formatRowMs, trialRows } from './choice.js';

const PROBE_RUNS = 3;

export interface ProbeOptions {
  readonly enabled: boolean | 'auto';
  readonly signature: Signature;
  readonly maxBatchSize: number;
  readonly pure: boolean;
  /** Rows do not influence each other. */
  readonly batchInvariant: boolean;
  /** What a row costs depends on its length. */
  readonly isPadded: boolean;
  readonly clock: Clock;
}

/**
 * Decides whether requests are batched together. `auto` runs one row and a batch of rows of zeros and compares the time of
 * a row: on, unless a row is dearer in the batch. What runs of requests take may change that ({@link BatchingReview}).
 */
export async function chooseBatching(model: Instance, options: ProbeOptions): Promise<BatchingChoice> {
  const { enabled, maxBatchSize } = options;
  if (maxBatchSize === 0) return off('no_batch_dimension', 'the model has no batch dimension');
  if (maxBatchSize === 1) return off('single_row_batches', 'maxBatchSize is 1');
  if (enabled !== 'auto') return { enabled, cause: 'configured', reason: 'configured' };
  if (!options.batchInvariant) {
    return off(
      'rows_depend_on_batch',
      'its numbers depend on what a row is batched with (dynamic quantisation, or rows that are computed together)',
    );
  }
  if (!options.pure) return unmeasured('not measured: the model is not free of side effects');
  if (options.isPadded) return unmeasured('not measured: what a row costs depends on its length');
  if (zeroInputs(options.signature, 1) === undefined)
    return unmeasured('not measured: the model has variable dimensions');
  try {
    return await measure(model, options);
  } catch (error) {
    // Zeros are not data that every model can take; that says nothing about the model.
    if (error instanceof MillraceError && error.code !== 'unavailable') {
      return unmeasured('not measured: the model does not take zeros');
    }
    throw error;
  }
}

function off(cause: BatchingCause, reason: string): BatchingChoice {
  return { enabled: false, cause, reason };
}

function unmeasured(reason: string): BatchingChoice {
  return { enabled: true, cause: 'not_measured', reason };
}

async function measure(model: Instance, options: ProbeOptions): Promise<BatchingChoice> {
  await bestRunMs(model, options, { rows: 1, runs: 1 });
  const oneMs = await bestRunMs(model, options, { rows: 1, runs: PROBE_RUNS });
  const rows = Math.min(trialRows(oneMs), options.maxBatchSize);
  if (rows < 2) return off('not_measured', `not measured: one row takes ${formatRowMs(oneMs)}`);
  await bestRunMs(model, options, { rows, runs: 1 });
  const rowMs = (await bestRunMs(model, options, { rows, runs: PROBE_RUNS })) / rows;
  return {
    enabled: rowMs <= oneMs * DEARER_RATIO,
    cause: 'measured_at_load',
    reason: `measured: a row takes ${formatRowMs(oneMs)} alone and ${formatRowMs(rowMs)} in a batch of ${rows}`,
  };
}

async function bestRunMs(
  model: Instance,
  { signature, clock }: ProbeOptions,
  { rows, runs }: { readonly rows: number; readonly runs: number },
): Promise<number> {
  const inputs = zeroInputs(signature, rows) ?? [];
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < runs; run++) {
    const start = clock.now();
    await runOnce(model, { inputs, rows });
    best = Math.min(best, clock.now() - start);
  }
  return best;
}
