import type { Quota, QuotaLimit, QuotaReport } from '../../api/index.js';
import type { Colors } from '../io.js';
import { formatTable, type TableStyle } from './table.js';
import { formatMs } from './units.js';

/** One line for each limit. */
export function formatQuotas({ quotas, omitted }: QuotaReport, style: TableStyle): string {
  if (quotas.length === 0) return 'no quotas\n';
  const rows = quotas.flatMap(({ limits, ...quota }) => limits.map((limit) => ({ ...quota, ...limit })));
  const table = formatTable(
    [
      { header: 'QUOTA', cell: ({ quota }) => quota },
      { header: 'OF', cell: formatWhose },
      { header: 'LIMIT', cell: ({ limit }) => limit },
      { header: 'ALLOWED', align: 'right', cell: ({ allowed }) => formatAmount(allowed) },
      { header: 'LEFT', align: 'right', cell: (row) => formatLeft(row, style.colors) },
      { header: 'FULL IN', align: 'right', cell: ({ reset_ms: ms }) => (ms > 0 ? formatMs(ms) : ''), leaveOut: 0 },
    ],
    rows,
    style,
  );
  return omitted === 0 ? table : `${table}${style.colors.dim(`and ${omitted} more, of which more is left`)}\n`;
}

function formatWhose({ principal, group, model }: Pick<Quota, 'principal' | 'group' | 'model'>): string {
  const parts = [principal, group && `group ${group}`, model && `model ${model}`].filter((part) => part !== undefined);
  return parts.join(', ') || 'everybody';
}

function formatLeft({ remaining }: QuotaLimit, colors: Colors): string {
  const text = formatAmount(Math.floor(remaining));
  return remaining < 1 ? colors.red(text) : text;
}

function formatAmount(amount: number): string {
  return Number(amount.toFixed(3)).toLocaleString('en-US');
}
