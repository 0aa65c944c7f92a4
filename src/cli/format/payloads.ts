import type { RecordedRequest, RecordedTensor } from '../../api/index.js';
import { formatTable, type TableStyle } from './table.js';

/** A line for each record, without its values. */
export function formatPayloads(records: readonly RecordedRequest[], style: TableStyle): string {
  if (records.length === 0) return 'no records\n';
  return formatTable<RecordedRequest>(
    [
      { header: 'TIME', cell: ({ at }) => at },
      { header: 'REQUEST', cell: ({ request_id: id }) => id },
      { header: 'MODEL', cell: ({ model, version }) => (version === undefined ? model : `${model}/${version}`) },
      {
        header: 'ROUTE',
        cell: ({ route = '', arm }) => (arm === undefined ? route : `${route} (${arm})`),
        leaveOut: 1,
      },
      { header: 'STATUS', cell: ({ status }) => (status === 'ok' ? status : style.colors.red(status)) },
      { header: 'MS', align: 'right', cell: ({ latency_ms: ms }) => ms.toFixed(1) },
      { header: 'INPUTS', cell: ({ inputs }) => inputs.map(formatTensor).join(', '), leaveOut: 0 },
      { header: 'OUTPUTS', cell: ({ outputs = [] }) => outputs.map(formatTensor).join(', '), leaveOut: 0 },
    ],
    records,
    style,
  );
}

function formatTensor({ name, datatype, shape }: RecordedTensor): string {
  return `${name} ${datatype}[${shape.join(',')}]`;
}
