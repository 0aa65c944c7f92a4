import {
  ALERT_NAMES,
  type AlertingRule,
  annotationsOf,
  formatPercent,
  formatWindow,
  intervalMsOf,
  type Severity,
  scaledAlerts,
} from './prometheus-rules.js';
import { errorBudgetOf, type Slo } from './slo.js';

interface InputSeries {
  readonly series: string;
  readonly values: string;
}

interface AlertTest {
  readonly eval_time: string;
  readonly alertname: string;
  readonly exp_alerts: readonly {
    readonly exp_labels: AlertingRule['labels'];
    readonly exp_annotations: AlertingRule['annotations'];
  }[];
}

interface RuleTest {
  readonly name: string;
  readonly interval: string;
  readonly input_series: readonly InputSeries[];
  readonly alert_rule_test: readonly AlertTest[];
}

/** A test file of `promtool test rules`. */
export interface RuleTestFile {
  readonly rule_files: readonly string[];
  readonly evaluation_interval: string;
  readonly tests: readonly RuleTest[];
}

const REQUESTS = 1_000;
/** Samples of a constant burn, and of an outage. */
const SAMPLES = 30;
const OUTAGE = 10;
/** The longest test is as long as the longest short window, which is 72 times the shortest one. */
const MAX_SAMPLES = 400;

/**
 * Unit tests of the rules of `alertRules` for one objective: no alert within the budget, a ticket for a slow burn, all alerts for an outage, and
 * their end. Objectives of other windows need other evaluation intervals, and so another file.
 */
export function alertTests(
  slo: Slo,
  { ruleFile, scale = 1 }: { readonly ruleFile: string; readonly scale?: number },
): RuleTestFile {
  return {
    rule_files: [ruleFile],
    evaluation_interval: formatWindow(intervalMsOf(scaledAlerts(slo, scale))),
    tests: testsOf(slo, scale),
  };
}

function testsOf(slo: Slo, scale: number): readonly RuleTest[] {
  const alerts = scaledAlerts(slo, scale);
  const intervalMs = intervalMsOf(alerts);
  const budget = errorBudgetOf(slo);
  const severities = (['page', 'ticket'] as const).filter((severity) =>
    alerts.some((alert) => alert.severity === severity),
  );
  const at = (samples: number, severity: Severity, badRatio: number): AlertTest => ({
    eval_time: formatWindow(samples * intervalMs),
    alertname: ALERT_NAMES[severity],
    exp_alerts:
      badRatio === 0
        ? []
        : [
            {
              exp_labels: { severity, slo: slo.name },
              exp_annotations: annotationsOf(slo, formatPercent(badRatio)),
            },
          ],
  });
  const test = (name: string, bad: string, alert_rule_test: readonly AlertTest[]): RuleTest => ({
    name,
    interval: formatWindow(intervalMs),
    input_series: seriesOf(slo, bad),
    alert_rule_test,
  });
  const constant = (badRatio: number) => `0+${REQUESTS * badRatio}x${SAMPLES}`;
  // Its shortest windows then hold nothing of the outage.
  const endOf = (severity: Severity) => {
    const own = alerts.filter((alert) => alert.severity === severity).map(({ shortMs }) => shortMs);
    return OUTAGE + Math.ceil(Math.max(...own) / intervalMs) + 2;
  };
  const ends = severities.map((severity) => at(endOf(severity), severity, 0));
  return [
    test(
      'half of the budget raises no alert',
      constant(budget / 2),
      severities.map((severity) => at(SAMPLES, severity, 0)),
    ),
    test(
      'twice the budget raises a ticket',
      constant(2 * budget),
      severities.map((severity) => at(SAMPLES, severity, severity === 'page' ? 0 : 2 * budget)),
    ),
    test(
      'an outage raises all alerts, which end with it',
      `0+${REQUESTS}x${OUTAGE} ${REQUESTS * OUTAGE}x${MAX_SAMPLES}`,
      [...severities.map((severity) => at(OUTAGE, severity, 1)), ...ends],
    ),
  ];
}

function seriesOf({ name }: Slo, bad: string): readonly InputSeries[] {
  return [
    { series: `millrace_slo_requests_total{slo="${name}"}`, values: `0+${REQUESTS}x${MAX_SAMPLES}` },
    { series: `millrace_slo_bad_requests_total{slo="${name}"}`, values: bad },
  ];
}
