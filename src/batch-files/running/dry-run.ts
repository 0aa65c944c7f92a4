import { invalidArgument } from '../../core/index.js';
import { JsonWriter } from '../../protocols/index.js';
import type { OutputColumn } from '../mapping/plan-outputs.js';
import { type AnsweredRows, type FailedRow, START } from '../types.js';
import { columnAsJson } from '../writing/jsonl-writer.js';
import type { RowWriter } from '../writing/row-writer.js';
import { BatchFileRun, type RunSetup } from './batch-file-run.js';
import { type Counts, NO_COUNTS } from './progress.js';

export interface DryRunOptions extends Omit<RunSetup, 'state' | 'maxErrors' | 'onProgress'> {
  /** Rows to run. */
  readonly rows: number;
}

export interface DryRunResult {
  readonly counts: Counts;
  /** The first rows of the output, as JSON. */
  readonly samples: readonly string[];
  /** The first rows that failed. */
  readonly failures: readonly FailedRow[];
  /** Rows of the whole input; of text estimated from its bytes. */
  readonly totalRows: number;
  /** How long the whole input takes at this pace, in milliseconds. */
  readonly totalMs: number;
}

const SHOWN = 3;

/** Runs the first rows of an input, and writes nothing. Rejects with `invalid_argument` where there are none. */
export async function dryRun(options: DryRunOptions): Promise<DryRunResult> {
  const { plan, reader, rows, clock } = options;
  const samples: string[] = [];
  const failures: FailedRow[] = [];
  const sinks = {
    writer: sampleWriter(plan.outputs, samples),
    errors: {
      async append(lines: Uint8Array) {
        for (const line of Buffer.from(lines).toString().trim().split('\n')) failures.push(JSON.parse(line));
      },
      commit: async () => 0,
    },
  };
  const setup: RunSetup = {
    ...options,
    state: { errors: '', save: async () => undefined },
    maxErrors: { share: 1 },
    onProgress: () => undefined,
  };
  const run = new BatchFileRun(setup, sinks, NO_COUNTS);
  const startedAt = clock.now();
  let position = START;
  try {
    for await (const block of reader.read({ from: START, stride: rows, columns: plan.columns })) {
      await run.take(block);
      position = block.next;
      if (position.row >= rows) break;
    }
    await run.commit(position, true);
  } finally {
    await run.settle();
  }
  const { counts } = run;
  if (counts.rows === 0) throw invalidArgument('the input has no rows');
  const totalRows = reader.totalRows ?? Math.ceil((counts.rows * reader.sizeBytes) / Math.max(1, position.offset));
  const totalMs = ((clock.now() - startedAt) * totalRows) / counts.rows;
  return { counts, samples, failures: failures.slice(0, SHOWN), totalRows, totalMs };
}

/** Keeps the first rows. */
function sampleWriter(columns: readonly OutputColumn[], samples: string[]): RowWriter {
  const writer = new JsonWriter();
  return {
    async write(rows: AnsweredRows) {
      const values = columns.map((column) => ({ name: column.name, write: columnAsJson(column, rows) }));
      for (let row = 0; row < rows.sources.length && samples.length < SHOWN; row++) {
        const members = values.map(({ name, write }) => {
          write(writer, row);
          return `${JSON.stringify(name)}: ${Buffer.from(writer.finishBytes()).toString()}`;
        });
        samples.push(`{${members.join(', ')}}`);
      }
    },
    commit: async () => ({ kind: 'text', bytes: 0 }),
    finish: async () => undefined,
    close: async () => undefined,
  };
}
