import { bytesElementsEnd, elementCount, MillraceError, type Tensor, type TensorSpec } from '../../core/index.js';
import type { AnsweredRows, Batch, BatchModel, RowTensor } from '../types.js';

/** One row of a request as a request of its own. */
export function rowOfBatch({ inputs, rows, sources }: Batch, row: number): Batch {
  const source = sources[row];
  return {
    rows: 1,
    sources: source === undefined ? [] : [source],
    inputs: inputs.map((tensor) => (tensor.shape[0] === rows ? rowOfTensor(tensor, rows, row) : tensor)),
  };
}

function rowOfTensor({ name, datatype, shape, data }: Tensor, rows: number, row: number): Tensor {
  const rowShape = shape.slice(1);
  const count = elementCount(rowShape);
  const start = datatype === 'BYTES' ? bytesElementsEnd(data, 0, count * row) : (data.length / rows) * row;
  const end = datatype === 'BYTES' ? bytesElementsEnd(data, start, count) : start + data.length / rows;
  return { name, datatype, shape: [1, ...rowShape], data: data.subarray(start, end) };
}

/** Outputs by rows. Throws `internal` where an output has not a row for each of the request. */
export function rowsOfAnswer(batch: Batch, outputs: readonly Tensor[], model: BatchModel): AnsweredRows {
  const byName = outputs.map(({ name, datatype, shape, data }): readonly [string, RowTensor] => {
    if (isWhole(model, name)) return [name, { datatype, rowShape: shape, data }];
    if (shape[0] === batch.rows) return [name, { datatype, rowShape: shape.slice(1), data }];
    throw new MillraceError('internal', `output '${name}' has ${shape[0] ?? 0} rows for ${batch.rows}`);
  });
  return { sources: batch.sources, outputs: new Map(byName) };
}

/** Whether an output is as a whole that of one row: its model makes no batches, or several rows of one sound. */
function isWhole({ inputs, outputs }: BatchModel, name: string): boolean {
  const spec: TensorSpec | undefined = outputs.find((output) => output.name === name);
  return spec?.batchAxis !== 0 || inputs.some(({ media }) => media?.kind === 'audio' && media.windowSamples > 0);
}
