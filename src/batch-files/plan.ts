import { invalidArgument } from '../core/index.js';
import { formatPairing, type Pairing } from './mapping/map-flags.js';
import { columnsOf, type InputPlan, planInputs } from './mapping/plan-inputs.js';
import { type OutputColumn, planOutputs } from './mapping/plan-outputs.js';
import type { BatchModel, ColumnInfo, InputFormat, OutputFormat } from './types.js';

/** Rows of a request where the model allows more. */
const MOST_ROWS = 1_024;
/** Requests between two checkpoints. */
const BATCHES_A_CHECKPOINT = 64;

/** How rows become requests, and answers rows. */
export interface BatchPlan {
  readonly inputFormat: InputFormat;
  readonly outputFormat: OutputFormat;
  readonly inputs: readonly InputPlan[];
  readonly outputs: readonly OutputColumn[];
  /** Columns that are read. */
  readonly columns: readonly string[];
  /** Most rows of a request. */
  readonly batchRows: number;
  /** Rows between two checkpoints. */
  readonly checkpointRows: number;
}

export interface PlanQuestion {
  readonly model: BatchModel;
  readonly columns: readonly ColumnInfo[];
  readonly inputFormat: InputFormat;
  readonly outputFormat: OutputFormat;
  readonly map: readonly Pairing[];
  readonly mapOutput: readonly Pairing[];
  readonly keep: readonly string[];
  readonly numberColumn: string | undefined;
  /** Defaults: as many as the model takes in one request, at most 1,024; 64 requests. */
  readonly batchRows: number | undefined;
  readonly checkpointRows: number | undefined;
}

/** Throws `invalid_argument` where rows and model do not fit together. */
export function planBatchFile(question: PlanQuestion): BatchPlan {
  const { model, columns, inputFormat, outputFormat, map, mapOutput, keep, numberColumn } = question;
  const inputs = planInputs({ model, columns, pairings: map, kept: keep });
  const outputs = planOutputs({ model, columns, pairings: mapOutput, kept: keep, numberColumn });
  const most = isOneRow(model, inputs) ? 1 : Math.max(1, model.maxBatchSize);
  const { batchRows = Math.min(most, MOST_ROWS) } = question;
  if (batchRows > most) {
    throw invalidArgument(`--batch-size ${batchRows}: model '${model.name}' takes at most ${most} rows in a request`);
  }
  const read = new Set([...inputs.flatMap(columnsOf).map(({ name }) => name), ...keep]);
  return {
    inputFormat,
    outputFormat,
    inputs,
    outputs,
    columns: [...read],
    batchRows,
    checkpointRows: question.checkpointRows ?? batchRows * BATCHES_A_CHECKPOINT,
  };
}

/** Whether each row is a request of its own: inputs that all rows share, and sounds that are cut into windows. */
function isOneRow(model: BatchModel, inputs: readonly InputPlan[]): boolean {
  return (
    inputs.some(({ spec }) => spec.batchAxis === null) ||
    model.inputs.some(({ media }) => media?.kind === 'audio' && media.windowSamples > 0)
  );
}

/** The plan's mapping in one line: `x=x, id, y=y`. */
export function formatPlan({ inputs, outputs }: Pick<BatchPlan, 'inputs' | 'outputs'>): string {
  const ins = inputs.flatMap(({ spec, source }) => {
    if ('whole' in source) return formatPairing({ column: source.whole.name, tensor: spec.name, index: undefined });
    return source.elements.map(({ name }, index) => formatPairing({ column: name, tensor: spec.name, index }));
  });
  const outs = outputs.map((column) => {
    if (column.kind !== 'tensor') return column.name;
    return formatPairing({ column: column.name, tensor: column.spec.name, index: column.index });
  });
  return `${ins.join(', ')} → ${outs.join(', ')}`;
}
