import type { SloGauge } from '../../service/index.js';
import { type Family, NO_LABELS } from './family.js';

/** How the objectives of the settings are met. */
export function sloFamilies(gauges: () => readonly SloGauge[]): readonly Family[] {
  const family = (name: string, rest: Omit<Family, 'name' | 'collect'>, read: (gauge: SloGauge) => number): Family => ({
    ...rest,
    name,
    *collect() {
      for (const gauge of gauges()) yield { labels: { slo: gauge.slo }, sharedLabels: NO_LABELS, value: read(gauge) };
    },
  });
  return [
    family(
      'millrace_slo_requests_total',
      { help: 'Requests that count for an SLO, good and bad.', type: 'counter' },
      ({ requests }) => requests,
    ),
    family(
      'millrace_slo_bad_requests_total',
      { help: 'Requests that count for an SLO and are bad: failed, or too slow.', type: 'counter' },
      ({ bad }) => bad,
    ),
    family(
      'millrace_slo_objective_ratio',
      { help: 'The share of the requests that have to be good.', type: 'gauge' },
      ({ objective }) => objective,
    ),
    family(
      'millrace_slo_error_budget_remaining_ratio',
      {
        help: 'The share of the error budget of the window that is left; negative where the SLO is missed.',
        type: 'gauge',
      },
      ({ budgetRemaining }) => budgetRemaining,
    ),
  ];
}
