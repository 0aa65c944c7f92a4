import {
  type BatchPlan,
  columnsOf,
  type DryRunResult,
  failedRows,
  type InputPlan,
  type OutputColumn,
} from '../../batch-files/index.js';
import { formatTensorType } from '../../core/index.js';
import { escapeInvisible } from '../format/escape-invisible.js';
import { type Column, formatFields, formatTable, type TableStyle } from '../format/table.js';
import { formatCount, formatMs } from '../format/units.js';
import type { BatchReport, Cost } from './report.js';

/** Names of columns that are shown for one input. */
const MAX_COLUMNS = 6;

interface MapRow {
  readonly column: string;
  readonly type: string;
  readonly arrow: string;
  readonly tensor: string;
}

/** Which columns become which inputs, and which outputs become which columns, as a table. */
export function formatMapping({ inputs, outputs }: Pick<BatchPlan, 'inputs' | 'outputs'>, style: TableStyle): string {
  const columns: readonly Column<MapRow>[] = [
    { header: 'COLUMN', cell: ({ column }) => escapeInvisible(column) },
    { header: 'TYPE', cell: ({ type }) => escapeInvisible(type), leaveOut: 1 },
    { header: '', cell: ({ arrow }) => arrow },
    { header: 'MODEL', cell: ({ tensor }) => escapeInvisible(tensor) },
  ];
  return formatTable(columns, [...inputs.map(inputRow), ...outputs.map(outputRow)], style);
}

function inputRow(plan: InputPlan): MapRow {
  const { spec, rowShape, isEncoded } = plan;
  const used = columnsOf(plan);
  const more = used.length > MAX_COLUMNS ? `, … (${used.length})` : '';
  const type = isEncoded ? (spec.media?.kind ?? '') : formatTensorType(spec.datatype, rowShape);
  return {
    column:
      used
        .slice(0, MAX_COLUMNS)
        .map(({ name }) => name)
        .join(', ') + more,
    type: [...new Set(used.map((column) => column.type))].join(', '),
    arrow: '→',
    tensor: `input ${spec.name} ${type}`,
  };
}

function outputRow(column: OutputColumn): MapRow {
  const { name } = column;
  switch (column.kind) {
    case 'number':
      return { column: name, type: 'number', arrow: '←', tensor: "the row's number" };
    case 'kept':
      return { column: name, type: column.column.type, arrow: '←', tensor: 'copied from the input' };
    case 'tensor': {
      const { spec, index } = column;
      const rowShape = spec.batchAxis === 0 ? spec.shape.slice(1) : spec.shape;
      const element = index === undefined ? '' : `[${index}]`;
      return {
        column: name,
        type: '',
        arrow: '←',
        tensor: `output ${spec.name}${element} ${formatTensorType(spec.datatype, rowShape)}`,
      };
    }
    default:
      return column satisfies never;
  }
}

/** What came of a run. */
export function formatBatchReport(report: BatchReport): string {
  return formatFields(fieldsOf(report));
}

/** The lines of a report: names and values. */
export function fieldsOf(report: BatchReport): readonly (readonly [string, string | undefined])[] {
  const { failed_by_kind: kinds, failed_rows: failed } = report;
  const reasons = Object.entries(kinds).filter(([, count]) => count > 0);
  const why = reasons.map(([kind, count]) => `${formatCount(count)} ${kind}`).join(', ');
  return [
    ['model', `${report.model}/${report.version} (${report.digest.slice(0, 12)})`],
    ['output', escapeInvisible(report.output)],
    ['rows', `${formatCount(report.rows)}, of which ${formatCount(report.written_rows)} are in the output`],
    [
      'failed',
      failed === 0 ? undefined : `${formatCount(failed)} (${why}); see ${escapeInvisible(report.errors ?? '')}`,
    ],
    [
      'resumed',
      report.resumed_rows === 0 ? undefined : `after ${formatCount(report.resumed_rows)} rows of an earlier run`,
    ],
    ['requests', formatCount(report.requests)],
    ['time', formatTime(report)],
    ['rows/s', formatCount(report.rows_per_second)],
    ['cost', report.cost && formatCost(report.cost)],
  ];
}

/** What a trial says of the whole. */
export function formatDryRun(
  { counts, samples, failures, totalRows, totalMs }: DryRunResult,
  cost: Cost | undefined,
): string {
  const failed = failedRows(counts);
  const shown = samples.map((sample) => `${escapeInvisible(sample)}\n`).join('');
  const reasons = failures.map(({ row, message }) => `row ${row}: ${escapeInvisible(message)}\n`).join('');
  const fields = formatFields([
    ['tried', `${formatCount(counts.rows)} rows in ${formatMs(counts.elapsedMs)}`],
    ['failed', failed === 0 ? undefined : formatCount(failed)],
    ['all rows', `about ${formatCount(totalRows)}`],
    ['time', `about ${formatMs(totalMs)}`],
    ['cost', cost && `about ${formatCost(cost)}`],
  ]);
  return `${shown}${reasons}\n${fields}nothing was written\n`;
}

/** A server does not say how long its model ran. */
function formatTime({ seconds, compute_seconds: computed }: BatchReport): string {
  const computing = computed === 0 ? '' : `, of which the model ran ${formatMs(computed * 1_000)}`;
  return `${formatMs(seconds * 1_000)}${computing}`;
}

function formatCost({ amount, currency }: Cost): string {
  return `${amount} ${currency}`;
}
