import { expect, it } from 'vitest';
import { alertRules, formatWindow } from './prometheus-rules.js';
import { slosOf } from './slo.js';

it('records the share of bad requests for each window, and alerts where both windows of an alert exceed its factor', () => {
  const [group] = alertRules(slosOf({ half: { route: 'live', objective: 0.5, windowDays: 30 } })).groups;
  const ratio = (window: string) =>
    `sum(rate(millrace_slo_bad_requests_total{slo="half"}[${window}])) / sum(rate(millrace_slo_requests_total{slo="half"}[${window}]))`;
  expect(group).toEqual({
    name: 'millrace-slo-half',
    interval: '72m',
    rules: [
      { record: 'millrace_slo:bad_ratio:rate6h', expr: ratio('6h'), labels: { slo: 'half' } },
      { record: 'millrace_slo:bad_ratio:rate3d', expr: ratio('3d'), labels: { slo: 'half' } },
      {
        alert: 'MillraceErrorBudgetBurnsSlowly',
        expr: '(millrace_slo:bad_ratio:rate3d{slo="half"} > 1 * 0.5 and millrace_slo:bad_ratio:rate6h{slo="half"} > 1 * 0.5)',
        labels: { severity: 'ticket', slo: 'half' },
        annotations: {
          summary: 'The SLO half spends its error budget too fast',
          description:
            '{{ $value | humanizePercentage }} of the requests to the route live are bad; the objective allows 50%.',
        },
      },
    ],
  });
});

it('writes windows in the largest unit that is exact', () => {
  const windows = [300_000, 21_600_000, 259_200_000, 70_000, 833.4, 5_040_000, 0.1].map(formatWindow);
  expect(windows).toEqual(['5m', '6h', '3d', '70s', '833ms', '84m', '1ms']);
});
