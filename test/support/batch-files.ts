import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import type { AnswerBatch, BatchModel } from '../../src/batch-files/index.js';
import { type PlanQuestion, planBatchFile } from '../../src/batch-files/plan.js';
import type { ColumnInfo, RowReader } from '../../src/batch-files/types.js';
import { START } from '../../src/batch-files/types.js';
import { bytesOf, invalidArgument, type TensorSpec, typedView } from '../../src/core/index.js';

/** A temporary folder that is removed with the test. */
export function scratchFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'batch-files-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A file in a folder of its own. */
export function scratchFile(name: string, content: string | Uint8Array): string {
  const file = path.join(scratchFolder(), name);
  writeFileSync(file, content);
  return file;
}

/** What a reader reads, block by block: each row as an object of the wanted columns, or the reason why it cannot be read. */
export async function readAll(
  reader: RowReader,
  { stride = 1_000_000, from = START }: { readonly stride?: number; readonly from?: typeof START } = {},
) {
  const columns = reader.columns.map(({ name }) => name);
  const blocks: { readonly rows: unknown[]; readonly next: typeof START }[] = [];
  for await (const block of reader.read({ from, stride, columns })) {
    const rows = Array.from(
      { length: block.rows },
      (_, row) =>
        block.problems.get(row) ?? Object.fromEntries(columns.map((name) => [name, block.column(name)?.at(row)])),
    );
    blocks.push({ rows, next: block.next });
  }
  return { rows: blocks.flatMap(({ rows }) => rows), blocks };
}

export function spec(name: string, datatype: TensorSpec['datatype'], shape: readonly number[]): TensorSpec {
  return { name, datatype, shape, batchAxis: shape[0] === -1 ? 0 : null, optional: false };
}

/** A model that doubles rows of two numbers. A row that begins with 13 is refused, and so is a request that has one. */
export const DOUBLING: BatchModel = {
  name: 'doubling',
  version: 1,
  digest: 'd1',
  inputs: [spec('x', 'FP32', [-1, 2])],
  outputs: [spec('y', 'FP32', [-1, 2])],
  maxBatchSize: 4,
};

export const doubleRows: AnswerBatch = async ({ inputs: [x] }) => {
  if (x === undefined) throw invalidArgument('there is no x');
  const values = typedView('FP32', x.data) as Float32Array;
  for (let at = 0; at < values.length; at += 2) if (values[at] === 13) throw invalidArgument("'x' brings bad luck");
  const y = Float32Array.from(values, (value) => value * 2);
  return { outputs: [{ ...x, name: 'y', data: bytesOf(y) }], computeUs: 10 };
};

/** A plan for {@link DOUBLING}, of columns of these names. */
export function planDoubling(columns: readonly ColumnInfo[], options: Partial<PlanQuestion> = {}) {
  return planBatchFile({
    model: DOUBLING,
    columns,
    inputFormat: 'jsonl',
    outputFormat: 'jsonl',
    map: [],
    mapOutput: [],
    keep: [],
    numberColumn: undefined,
    batchRows: undefined,
    checkpointRows: undefined,
    ...options,
  });
}
