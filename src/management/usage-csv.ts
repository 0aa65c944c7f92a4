import type { Encoded, UsageReport, UsageRow } from '../api/index.js';

/** The report as CSV (RFC 4180): a header, a line for each row, and a column `cost_USD` for each currency. */
export function usageAsCsv(report: Pick<Encoded<UsageReport>, 'by' | 'granularity' | 'rows'>): string {
  const { by, granularity, rows } = report;
  const currencies = [...new Set(rows.flatMap(({ costs }) => Object.keys(costs)))].sort();
  const labels = LABELS.filter((name) => (name === 'at' ? granularity !== undefined : by.includes(name)));
  const columns = [...labels, ...COUNTS];
  const header = [...columns.map(headerOf), ...currencies.map((currency) => `cost_${currency}`)];
  const lines = rows.map((row) => [
    ...columns.map((name) => cellOf(row[name])),
    ...currencies.map((currency) => row.costs[currency] ?? '0'),
  ]);
  return [header, ...lines].map((cells) => `${cells.join(',')}\r\n`).join('');
}

type Column = Exclude<keyof UsageRow, 'costs'>;

const LABELS = ['at', 'principal', 'group', 'model', 'version', 'route', 'arm'] as const satisfies readonly Column[];

const COUNTS = [
  'requests',
  'answered',
  'refused',
  'failed',
  'cancelled',
  'rows',
  'prompt_tokens',
  'cached_tokens',
  'completion_tokens',
  'request_bytes',
  'response_bytes',
  'compute_ms',
] as const satisfies readonly Column[];

/** Spreadsheets and scripts know the column by this name. */
function headerOf(name: Column): string {
  return name === 'at' ? 'time' : name;
}

/** Texts that spreadsheets would take for formulas have a ' before them. */
function cellOf(value: string | number | undefined): string {
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
