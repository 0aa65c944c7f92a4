import { type Clock, MillraceError, type Signature } from '../core/index.js';
import type { Instance } from '../runtimes/index.js';
import { runOnce, zeroInputs } from './warmup.js';

const PROBE_ROWS = 8;
const PROBE_RUNS = 3;
/** A probe batch should not take longer than about this. */
const PROBE_BUDGET_MS = 400;
/** Batching must save this share of the time of a row to be worth the wait of its members for each other. */
const WORTHWHILE_SAVING = 0.1;

export interface BatchingChoice {
  readonly enabled: boolean;
  /** Shown to the user: what was measured, or who decided. */
  readonly reason: string;
}

export interface ProbeOptions {
  readonly enabled: boolean | 'auto';
  readonly signature: Signature;
  readonly maxBatchSize: number;
  readonly pure: boolean;
  /** Rows do not influence each other. */
  readonly batchInvariant: boolean;
  readonly clock: Clock;
}

/**
 * Decides whether requests are batched together. `auto` runs one row and a batch of rows of zeros and compares the time of
 * a row: batching is worth much on small dense nets and costs time on convolutions on a CPU.
 */
export async function chooseBatching(model: Instance, options: ProbeOptions): Promise<BatchingChoice> {
  const { enabled, maxBatchSize } = options;
  if (maxBatchSize === 0) return { enabled: false, reason: 'the model has no batch dimension' };
  if (maxBatchSize === 1) return { enabled: false, reason: 'maxBatchSize is 1' };
  if (enabled !== 'auto') return { enabled, reason: 'configured' };
  if (!options.batchInvariant) {
    return {
      enabled: false,
      reason:
        'its numbers depend on what a row is batched with (dynamic quantisation, or rows that are computed together)',
    };
  }
  if (!options.pure) return { enabled: true, reason: 'not measured: the model is not free of side effects' };
  if (zeroInputs(options.signature, 1) === undefined) {
    return { enabled: true, reason: 'not measured: the model has variable dimensions' };
  }
  try {
    return await measure(model, options);
  } catch (error) {
    // Zeros are not data that every model can take; that says nothing about the model.
    if (error instanceof MillraceError && error.code !== 'unavailable') {
      return { enabled: true, reason: 'not measured: the model does not take zeros' };
    }
    throw error;
  }
}

async function measure(model: Instance, options: ProbeOptions): Promise<BatchingChoice> {
  await bestRunMs(model, options, { rows: 1, runs: 1 });
  const oneMs = await bestRunMs(model, options, { rows: 1, runs: PROBE_RUNS });
  const rows = Math.min(PROBE_ROWS, options.maxBatchSize, Math.floor(PROBE_BUDGET_MS / oneMs));
  if (rows < 2) return { enabled: false, reason: `not measured: one row takes ${formatMs(oneMs)}` };
  await bestRunMs(model, options, { rows, runs: 1 });
  const rowMs = (await bestRunMs(model, options, { rows, runs: PROBE_RUNS })) / rows;
  const enabled = rowMs < oneMs * (1 - WORTHWHILE_SAVING);
  return {
    enabled,
    reason: `measured: a row takes ${formatMs(oneMs)} alone and ${formatMs(rowMs)} in a batch of ${rows}`,
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
    await runOnce(model, inputs, rows);
    best = Math.min(best, clock.now() - start);
  }
  return best;
}

function formatMs(ms: number): string {
  return `${ms < 10 ? ms.toFixed(2) : ms.toFixed(0)} ms`;
}
