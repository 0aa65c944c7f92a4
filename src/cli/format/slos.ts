import type { ServiceLevel, SloReport } from '../../api/index.js';
import { formatDuration } from '../../text/index.js';
import type { Colors } from '../io.js';
import { formatTable, type TableStyle } from './table.js';

/** A line for each objective. */
export function formatSlos({ slos }: SloReport, style: TableStyle): string {
  if (slos.length === 0) return 'no SLOs\n';
  return formatTable(
    [
      { header: 'SLO', cell: ({ slo }) => slo },
      { header: 'OF', cell: ({ model, route }) => model ?? `route ${route}`, leaveOut: 2 },
      { header: 'OBJECTIVE', cell: formatObjective },
      { header: 'GOOD', align: 'right', cell: ({ good_ratio: ratio }) => (ratio === undefined ? '' : percent(ratio)) },
      {
        header: 'REQUESTS',
        align: 'right',
        cell: ({ requests }) => requests.toLocaleString('en-US'),
        leaveOut: 1,
      },
      { header: 'BUDGET LEFT', align: 'right', cell: (row) => formatBudget(row, style.colors) },
      { header: 'ALERTS', cell: (row) => formatAlerts(row, style.colors), leaveOut: 0 },
    ],
    slos,
    style,
  );
}

function formatObjective({ indicator, threshold_ms: thresholdMs = 0, objective, window_ms: windowMs }: ServiceLevel) {
  const within = `${percent(objective)} over ${formatDuration(windowMs)}`;
  if (indicator === 'availability') return `${within} answered`;
  return `${within}, ${indicator === 'latency' ? 'answer' : 'first token'} within ${formatDuration(thresholdMs)}`;
}

function formatBudget({ error_budget_remaining: remaining }: ServiceLevel, colors: Colors): string {
  const text = percent(remaining);
  return remaining <= 0 ? colors.red(text) : text;
}

function formatAlerts({ burn_rates: rates }: ServiceLevel, colors: Colors): string {
  const severities = new Set(rates.filter(({ burning }) => burning).map(({ severity }) => severity));
  return severities.size === 0 ? '' : colors.red([...severities].join(', '));
}

/** Rounded down, so that an objective that is missed is never shown as met. */
function percent(ratio: number): string {
  return `${Math.floor(ratio * 100_000 + 1e-6) / 1_000}%`;
}
