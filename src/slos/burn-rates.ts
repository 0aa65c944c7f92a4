import { DAY_MS, errorBudgetOf, type Slo } from './slo.js';
import type { Count, SloCounts } from './slo-counts.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** An alert fires while the error budget burns faster than `factor` over both windows. */
export interface BurnRateAlert {
  /** `page`: needs action now; `ticket`: within days. */
  readonly severity: 'page' | 'ticket';
  /** 1: the budget would be spent exactly at the end of the objective's window. */
  readonly factor: number;
  readonly longMs: number;
  /** The alert ends soon after the burning has ended. */
  readonly shortMs: number;
}

/**
 * Those that the Site Reliability Workbook of Google recommends for 30 days ("Multiwindow, Multi-Burn-Rate Alerts"): 2 % of the budget spent in an
 * hour, 5 % in six, 10 % in one day or in three.
 */
const OF_30_DAYS: readonly BurnRateAlert[] = [
  { severity: 'page', factor: 14.4, longMs: HOUR_MS, shortMs: 5 * MINUTE_MS },
  { severity: 'page', factor: 6, longMs: 6 * HOUR_MS, shortMs: 30 * MINUTE_MS },
  { severity: 'ticket', factor: 3, longMs: DAY_MS, shortMs: 2 * HOUR_MS },
  { severity: 'ticket', factor: 1, longMs: 3 * DAY_MS, shortMs: 6 * HOUR_MS },
];

/**
 * The alerts of an objective: their windows are as long in proportion to its own. Those that cannot fire, since failing all requests would not burn
 * its budget as fast, are left out.
 */
export function alertsOf({ objective, windowMs }: Pick<Slo, 'objective' | 'windowMs'>): readonly BurnRateAlert[] {
  const scale = windowMs / (30 * DAY_MS);
  return OF_30_DAYS.filter(({ factor }) => factor * errorBudgetOf({ objective }) < 1).map((alert) => ({
    ...alert,
    longMs: alert.longMs * scale,
    shortMs: alert.shortMs * scale,
  }));
}

/** How fast an error budget burns. */
export interface BurnRate extends BurnRateAlert {
  /** Undefined: there were no requests. */
  readonly long: number | undefined;
  readonly short: number | undefined;
  readonly isBurning: boolean;
}

/** How an objective is met. */
export interface SloStatus extends Count {
  /** Of the requests within its window; undefined: there were none. */
  readonly goodRatio: number | undefined;
  /** The share of the error budget that is left; less than 0 where the objective is missed. */
  readonly budgetRemaining: number;
  readonly burnRates: readonly BurnRate[];
}

/** The share of the error budget of the window that is left; less than 0 where the objective is missed. */
export function budgetRemaining(slo: Slo, counts: SloCounts, nowMs: number): number {
  return 1 - (burnRate(slo, counts.last(slo.windowMs, nowMs)) ?? 0);
}

export function statusOf(slo: Slo, counts: SloCounts, nowMs: number): SloStatus {
  const { requests, bad } = counts.last(slo.windowMs, nowMs);
  return {
    requests,
    bad,
    goodRatio: requests === 0 ? undefined : 1 - bad / requests,
    budgetRemaining: budgetRemaining(slo, counts, nowMs),
    burnRates: alertsOf(slo).map((alert) => {
      const long = burnRate(slo, counts.last(alert.longMs, nowMs));
      const short = burnRate(slo, counts.last(alert.shortMs, nowMs));
      return { ...alert, long, short, isBurning: (long ?? 0) > alert.factor && (short ?? 0) > alert.factor };
    }),
  };
}

function burnRate(slo: Slo, { requests, bad }: Count): number | undefined {
  return requests === 0 ? undefined : bad / requests / errorBudgetOf(slo);
}
