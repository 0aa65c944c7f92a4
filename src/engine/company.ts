import type { BatchLimits } from './plan-batch.js';

/** How long a request of the background waits for others that share the cost of a batch with it. */
const COMPANY_MS = 10;
/** Rows that are company enough: what a batch costs beside its rows is little for each of them. */
const COMPANY_ROWS = 32;
/** Beside slower runs, what a batch costs beside its rows is little anyway. */
const WORTH_BELOW_MS = 5;
/** Whoever has less time than so many such waits does not wait. */
const MANY = 10;

/** What is known where a request of the background is the first to run. */
export interface CompanyFacts {
  /** How long it may wait in all, from its arrival on. */
  readonly patienceMs: number;
  /** How long runs of the model take. */
  readonly medianRunMs: number;
  /** There is no room for more of its kind in the queue. */
  readonly isFull: boolean;
}

/** Until when requests of the background wait for company: as long as this plans to. */
export function companyLimits(batching: BatchLimits): BatchLimits {
  return {
    ...batching,
    maxRows: Math.min(batching.maxRows, COMPANY_ROWS),
    maxDelayMs: Math.max(batching.maxDelayMs, COMPANY_MS),
  };
}

/** Whether waiting for company saves more than it costs: nobody waits for the answer, but processors and pipes are everybody's. */
export function isWorthCompany({ patienceMs, medianRunMs, isFull }: CompanyFacts): boolean {
  return !isFull && medianRunMs < WORTH_BELOW_MS && patienceMs >= MANY * COMPANY_MS;
}
