import { type BatchPlan, type Counts, type FailureKind, failedRows, formatPlan } from '../../batch-files/index.js';
import type { Settings } from '../../config/index.js';
import { COST_DIGITS, costOf, noUsage, PriceList, toDecimal } from '../../metering/index.js';

/** What came of a run, as JSON has it. */
export interface BatchReport {
  readonly model: string;
  readonly version: number;
  readonly digest: string;
  readonly input: string;
  readonly output: string;
  /** Absent where no row has failed. */
  readonly errors?: string;
  readonly mapping: string;
  readonly started_at: string;
  readonly ended_at: string;
  readonly rows: number;
  readonly written_rows: number;
  readonly failed_rows: number;
  readonly failed_by_kind: Readonly<Record<FailureKind, number>>;
  /** Done by earlier runs of the same line. */
  readonly resumed_rows: number;
  readonly requests: number;
  /** Of all runs, without what they did behind their last checkpoint. */
  readonly seconds: number;
  readonly rows_per_second: number;
  readonly compute_seconds: number;
  /** By `metering.prices`; absent where the model has no price. */
  readonly cost?: Cost;
}

export interface Cost {
  readonly currency: string;
  /** Exactly. */
  readonly amount: string;
}

export interface ReportFacts {
  readonly model: { readonly name: string; readonly version: number; readonly digest: string };
  readonly plan: BatchPlan;
  readonly input: string;
  readonly output: string;
  readonly errors: string;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly counts: Counts;
  readonly resumedRows: number;
  readonly cost: Cost | undefined;
}

export function reportOf(facts: ReportFacts): BatchReport {
  const { model, plan, counts, cost } = facts;
  const failed = failedRows(counts);
  const seconds = counts.elapsedMs / 1_000;
  return {
    model: model.name,
    version: model.version,
    digest: model.digest,
    input: facts.input,
    output: facts.output,
    ...(failed > 0 && { errors: facts.errors }),
    mapping: formatPlan(plan),
    started_at: new Date(facts.startedAtMs).toISOString(),
    ended_at: new Date(facts.endedAtMs).toISOString(),
    rows: counts.rows,
    written_rows: counts.written,
    failed_rows: failed,
    failed_by_kind: counts.failed,
    resumed_rows: facts.resumedRows,
    requests: counts.requests,
    seconds: round(seconds),
    rows_per_second: seconds > 0 ? round(counts.rows / seconds) : 0,
    compute_seconds: round(counts.computeUs / 1e6),
    ...(cost && { cost }),
  };
}

function round(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}

/** What counts cost by the prices of settings; undefined where the model has no price. Requests of no socket have no bytes to pay for. */
export function priceOf(settings: Settings | undefined, model: string, counts: Counts): Cost | undefined {
  if (settings === undefined) return undefined;
  const { prices, currency } = settings.metering;
  const usage = { ...noUsage(), answered: counts.requests, rows: counts.written, computeUs: counts.computeUs };
  const cost = costOf(new PriceList(prices, currency).priceOf(model), usage);
  return cost && { currency: cost.currency, amount: toDecimal(cost.amount, COST_DIGITS) };
}
