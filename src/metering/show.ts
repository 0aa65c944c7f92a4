import { USAGE_DIMENSIONS } from './query.js';
import type { UsageReport, UsageRow } from './report.js';
import { requestsOf } from './usage-book.js';

/** A row as it is shown: names in snake case, times as ISO 8601, computation in milliseconds. */
export function shownRow(row: UsageRow) {
  const { atMs, costs, ...rest } = row;
  return {
    ...(atMs !== undefined && { time: new Date(atMs).toISOString() }),
    ...Object.fromEntries(USAGE_DIMENSIONS.flatMap((name) => (row[name] === undefined ? [] : [[name, row[name]]]))),
    requests: requestsOf(row),
    answered: rest.answered,
    refused: rest.refused,
    failed: rest.failed,
    cancelled: rest.cancelled,
    rows: rest.rows,
    prompt_tokens: rest.promptTokens,
    cached_tokens: rest.cachedTokens,
    completion_tokens: rest.completionTokens,
    request_bytes: rest.requestBytes,
    response_bytes: rest.responseBytes,
    compute_ms: rest.computeUs / 1_000,
    costs,
  };
}

/** The report as CSV (RFC 4180): a header, a line for each row, and a column `cost_USD` for each currency. */
export function usageAsCsv({ by, granularity, rows }: Pick<UsageReport, 'by' | 'granularity' | 'rows'>): string {
  const currencies = [...new Set(rows.flatMap(({ costs }) => Object.keys(costs)))].sort();
  const labels = [...(granularity === undefined ? [] : ['time']), ...by];
  const header = [...labels, ...COUNT_COLUMNS, ...currencies.map((currency) => `cost_${currency}`)];
  const lines = rows.map((row) => {
    const shown: Readonly<Record<string, unknown>> = shownRow(row);
    const cells = [...labels, ...COUNT_COLUMNS].map((name) => cellOf(shown[name]));
    return [...cells, ...currencies.map((currency) => row.costs[currency] ?? '0')];
  });
  return [header, ...lines].map((cells) => `${cells.join(',')}\r\n`).join('');
}

const COUNT_COLUMNS = [
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
] as const;

/** Texts that spreadsheets would take for formulas have a ' before them. */
function cellOf(value: unknown): string {
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
