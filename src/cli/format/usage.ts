import { type Column, formatTable, type TableStyle } from './table.js';
import { formatBytes, formatMinute, formatMs } from './units.js';

/** A row of usage as the server's API tells it; labels are those that were asked for. */
export interface UsageBodyRow {
  readonly time?: string;
  readonly principal?: string;
  readonly group?: string;
  readonly model?: string;
  readonly version?: number;
  readonly route?: string;
  readonly arm?: string;
  readonly requests: number;
  readonly answered: number;
  readonly rows: number;
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly request_bytes: number;
  readonly response_bytes: number;
  readonly compute_ms: number;
  readonly costs: Readonly<Record<string, string>>;
}

export interface UsageBody {
  readonly from: string;
  readonly to: string;
  readonly by: readonly string[];
  readonly granularity: string | null;
  readonly lost_requests: number;
  readonly rows: readonly UsageBodyRow[];
}

/** A row for each sum, and of what time they are. */
export function formatUsage({ from, to, rows, lost_requests }: UsageBody, style: TableStyle): string {
  const time = `from ${formatMinute(from)} to ${formatMinute(to)} UTC`;
  if (rows.length === 0) return `nothing was used ${time}\n`;
  const columns: readonly Column<UsageBodyRow>[] = [
    { header: 'TIME', cell: (row) => formatMinute(row.time ?? '') },
    ...(['principal', 'group', 'model', 'version', 'route', 'arm'] as const).map((name) => ({
      header: name.toUpperCase(),
      cell: (row: UsageBodyRow) => labelOf(row[name]),
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
function isUnused(header: string, rows: readonly UsageBodyRow[]): boolean {
  if (header === 'PROMPT' || header === 'COMPLETION') {
    return rows.every((row) => row.prompt_tokens + row.completion_tokens === 0);
  }
  if (header === 'COST') return rows.every(({ costs }) => Object.keys(costs).length === 0);
  const label = LABELS.find((name) => name.toUpperCase() === header);
  return label !== undefined && rows.every((row) => row[label] === undefined);
}

const LABELS = ['time', 'principal', 'group', 'model', 'version', 'route', 'arm'] as const;

function labelOf(value: string | number | undefined): string {
  return value === undefined || value === '' ? '-' : String(value);
}

/** To four digits that say something; JSON and CSV have all. */
function formatCosts(costs: UsageBodyRow['costs']): string {
  const shown = Object.entries(costs).map(([currency, amount]) => `${formatAmount(amount)} ${currency}`);
  return shown.length === 0 ? '-' : shown.join(' + ');
}

function formatAmount(amount: string): string {
  const value = Number(amount);
  return value >= 100 || value === 0 ? value.toFixed(2) : value.toPrecision(4);
}
