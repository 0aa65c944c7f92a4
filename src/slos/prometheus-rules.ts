import { alertsOf, type BurnRateAlert } from './burn-rates.js';
import { errorBudgetOf, type Slo } from './slo.js';

/** A recording rule. */
interface RecordingRule {
  readonly record: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** An alerting rule. */
export interface AlertingRule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<'summary' | 'description', string>>;
}

interface RuleGroup {
  readonly name: string;
  readonly interval: string;
  readonly rules: readonly (RecordingRule | AlertingRule)[];
}

/** A rule file of Prometheus. */
export interface RuleFile {
  readonly groups: readonly RuleGroup[];
}

export type Severity = BurnRateAlert['severity'];
export const ALERT_NAMES: Readonly<Record<Severity, string>> = {
  page: 'MillraceErrorBudgetBurnsFast',
  ticket: 'MillraceErrorBudgetBurnsSlowly',
};

/**
 * Multi-window, multi-burn-rate alerts of objectives, over all servers that Prometheus scrapes. `scale` shortens all windows, for tests.
 */
export function alertRules(slos: readonly Slo[], scale = 1): RuleFile {
  return { groups: slos.map((slo) => ruleGroup(slo, scaledAlerts(slo, scale))) };
}

/** The alerts of an objective, their windows shortened. */
export function scaledAlerts(slo: Slo, scale: number): readonly BurnRateAlert[] {
  return alertsOf(slo).map((alert) => ({ ...alert, longMs: alert.longMs / scale, shortMs: alert.shortMs / scale }));
}

/** How often the rules are evaluated: five times within the shortest window; whole milliseconds. */
export function intervalMsOf(alerts: readonly BurnRateAlert[]): number {
  return Math.ceil(Math.min(...alerts.map(({ shortMs }) => shortMs)) / 5);
}

/** A duration as Prometheus writes it: `6h`, `70s`; below a minute, to the millisecond. */
export function formatWindow(durationMs: number): string {
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1_000],
  ] as const;
  const wholeMs = durationMs < 60_000 ? Math.max(1, Math.round(durationMs)) : Math.round(durationMs / 1_000) * 1_000;
  const [unit, sizeMs] = units.find(([, each]) => wholeMs % each === 0) ?? ['ms', 1];
  return `${wholeMs / sizeMs}${unit}`;
}

/** The annotations of an alert while `$value` of the requests are bad. */
export function annotationsOf({ name, scope, ...slo }: Slo, value: string): AlertingRule['annotations'] {
  return {
    summary: `The SLO ${name} spends its error budget too fast`,
    description: `${value} of the requests to the ${scope.kind} ${scope.name} are bad; the objective allows ${formatPercent(errorBudgetOf(slo))}.`,
  };
}

/** As Prometheus' `humanizePercentage` does: `0.2%`. */
export function formatPercent(ratio: number): string {
  return `${Number((100 * ratio).toPrecision(4))}%`;
}

function ruleGroup(slo: Slo, alerts: readonly BurnRateAlert[]): RuleGroup {
  const windows = [...new Set(alerts.flatMap(({ shortMs, longMs }) => [shortMs, longMs]).map(formatWindow))];
  return {
    name: `millrace-slo-${slo.name}`,
    interval: formatWindow(intervalMsOf(alerts)),
    rules: [
      ...windows.map((window) => badRatio(slo, window)),
      ...(['page', 'ticket'] as const).flatMap((severity) => alertingRules(slo, severity, alerts)),
    ],
  };
}

function badRatio({ name }: Slo, window: string): RecordingRule {
  const rate = (metric: string) => `sum(rate(${metric}{slo="${name}"}[${window}]))`;
  return {
    record: recordName(window),
    expr: `${rate('millrace_slo_bad_requests_total')} / ${rate('millrace_slo_requests_total')}`,
    labels: { slo: name },
  };
}

function alertingRules(slo: Slo, severity: Severity, alerts: readonly BurnRateAlert[]): readonly AlertingRule[] {
  const own = alerts.filter((alert) => alert.severity === severity);
  if (own.length === 0) return [];
  return [
    {
      alert: ALERT_NAMES[severity],
      expr: own.map((alert) => isBurning(slo, alert)).join(' or '),
      labels: { severity, slo: slo.name },
      annotations: annotationsOf(slo, '{{ $value | humanizePercentage }}'),
    },
  ];
}

function isBurning({ name, ...slo }: Slo, { factor, longMs, shortMs }: BurnRateAlert): string {
  const exceeds = (windowMs: number) =>
    `${recordName(formatWindow(windowMs))}{slo="${name}"} > ${factor} * ${errorBudgetOf(slo)}`;
  return `(${exceeds(longMs)} and ${exceeds(shortMs)})`;
}

function recordName(window: string): string {
  return `millrace_slo:bad_ratio:rate${window}`;
}
