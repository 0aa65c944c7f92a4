import type { UsageReport, UsageRow } from '../../api/index.js';
import { type Column, formatTable, type TableStyle } from './table.js';
import { formatBytes, formatMinute, formatMs } from './units.js';

/** A row for each sum, and of what time they are. */
export function formatUsage({ from, to, rows, lost_requests }: UsageReport, style: TableStyle): string {
  const time = `from ${formatMinute(from)} to ${formatMinute(to)} UTC`;
  if (rows.length === 0) return `nothing was used ${time}\n`;
  const columns: readonly Column<UsageRow>[] = [
    { header: 'TIME', cell: (row) => formatMinute(row.at ?? '') },
    ...LABELS.map((name) => ({
      header: name.toUpperCase(),
      cell: (row: UsageRow) => labelOf(row[name]),
    })),
    { header: 'REQUESTS', align: 'right', cell: ({ requests }) => String(requests) },
    { header: 'ANSWERED', align: 'right', cell: ({ answered }) => String(answered), leaveOut: 2 },
    { header: 'ROWS', align: 'right', cell: (row) => String(row.rows), leaveOut: 1 },
    { header: 'PROMPT', align: 'right', cell: (row) => String(row.prompt_tokens), leaveOut: 3 },
    { header: 'COMPLETION', align: 'right', cell: (row) => String(row.completion_tokens), leaveOut: 3 },
    {
      header: 'BYTES',
      align: 'right',
      cell: (row) => formatBytes(row.request_bytes + row.response_bytes),
      leaveOut: 0,
    },
    { header: 'COMPUTE', align: 'right', cell: (row) => formatMs(row.compute_ms) },
    { header: 'COST', align: 'right', cell: ({ costs }) => formatCosts(costs) },
  ];
  const used = columns.filter(({ header }) => !isUnused(header, rows));
  const lost = lost_requests === 0 ? '' : `; the usage of ${lost_requests} requests could not be written`;
  return `${formatTable(used, rows, style)}${style.colors.dim(`${time}${lost}`)}\n`;
}

/** Labels that were not asked for, tokens where no model generates, costs where nothing has a price. */
function isUnused(header: string, rows: readonly UsageRow[]): boolean {
  if (header === 'PROMPT' || header === 'COMPLETION') {
    return rows.every((row) => row.prompt_tokens + row.completion_tokens === 0);
  }
  if (header === 'COST') return rows.every(({ costs }) => Object.keys(costs).length === 0);
  if (header === 'TIME') return rows.every(({ at }) => at === undefined);
  const label = LABELS.find((name) => name.toUpperCase() === header);
  return label !== undefined && rows.every((row) => row[label] === undefined);
}

const LABELS = ['principal', 'group', 'model', 'version', 'route', 'arm'] as const;

function labelOf(value: string | number | undefined): string {
  return value === undefined || value === '' ? '-' : String(value);
}

/** To four digits that say something; JSON and CSV have all. */
function formatCosts(costs: UsageRow['costs']): string {
  const shown = Object.entries(costs).map(([currency, amount]) => `${formatAmount(amount)} ${currency}`);
  return shown.length === 0 ? '-' : shown.join(' + ');
}

function formatAmount(amount: string): string {
  const value = Number(amount);
  return value >= 100 || value === 0 ? value.toFixed(2) : value.toPrecision(4);
}
