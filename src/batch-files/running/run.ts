import { rm, stat } from 'node:fs/promises';
import { type Position, START } from '../types.js';
import { renameDurably } from '../writing/durable.js';
import { openWriter } from '../writing/open-writer.js';
import type { RowWriter } from '../writing/row-writer.js';
import { TextFile } from '../writing/text-file.js';
import { BatchFileRun, type RunSetup } from './batch-file-run.js';
import { type Counts, NO_COUNTS } from './progress.js';
import type { RunState } from './run-state.js';

export interface RunOptions extends RunSetup {
  readonly state: RunState;
  /** Where the output is to be once it is complete. */
  readonly output: string;
  /** Where the rows that failed are to be, if there are any. */
  readonly errors: string;
  /** A Parquet output is a folder of parts. */
  readonly keepsParts: boolean;
}

export interface RunResult {
  readonly counts: Counts;
  /** Rows that an earlier run had done. */
  readonly resumedRows: number;
}

/**
 * Runs the rows of an input through a model, from the last checkpoint on. Output and errors appear under their names once all rows are
 * done. Rejects where the run cannot go on, or is stopped; what is done up to the last checkpoint stays done.
 */
export async function runBatchFile(options: RunOptions): Promise<RunResult> {
  const { plan, state, reader, keepsParts } = options;
  const { checkpoint } = state;
  const resumed = checkpoint?.counts ?? NO_COUNTS;
  if (checkpoint?.isComplete && plan.outputFormat !== 'parquet' && !(await exists(state.output))) {
    // It ended between giving the output its name and forgetting how it was made.
    await publishErrors(options);
    return { counts: resumed, resumedRows: resumed.rows };
  }
  const place = { plan, output: state.output, parts: state.parts, keepsParts };
  const writer = await openWriter(place, checkpoint?.output);
  const errors = await TextFile.open(state.errors, checkpoint?.errorBytes ?? 0).catch(async (error: unknown) => {
    await writer.close();
    throw error;
  });
  const run = new BatchFileRun(options, { writer, errors }, resumed);
  try {
    let position: Position = checkpoint?.position ?? START;
    if (!checkpoint?.isComplete) {
      const reading = { from: position, stride: plan.checkpointRows, columns: plan.columns };
      for await (const block of reader.read(reading)) {
        await run.take(block);
        position = block.next;
      }
      await run.commit(position, true);
    }
    const { counts } = run;
    await publish(options, writer);
    return { counts: checkpoint?.isComplete ? resumed : counts, resumedRows: resumed.rows };
  } finally {
    await run.settle();
    await errors.close();
    await writer.close();
  }
}

async function publish(options: RunOptions, writer: RowWriter): Promise<void> {
  const { output, keepsParts } = options;
  // A file is replaced by the one that gets its name; a folder is not.
  if (keepsParts) await rm(output, { recursive: true, force: true });
  await writer.finish(output);
  await publishErrors(options);
}

async function publishErrors({ state, errors }: RunOptions): Promise<void> {
  const failed = await stat(state.errors).catch(() => undefined);
  if (failed !== undefined && failed.size > 0) await renameDurably(state.errors, errors);
  else if (failed !== undefined) await rm(errors, { force: true });
  await state.remove();
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
