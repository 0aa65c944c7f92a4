/** Room `metering` (rank 4): who has used what, and what it costs; pure functions. */

export { toDecimal } from './decimal.js';
export { computeUsOf, isUnaccounted, outcomeOf } from './measure.js';
export { type MeteringOptions, MeteringOptionsSchema } from './options.js';
export { COST_DIGITS, checkPrices, costOf, PriceList } from './prices.js';
export { planUsage, slicesOf, type UsagePlan, type UsageQuestion } from './query.js';
export { groupingOf, type UsageReport, type UsageRow, UsageTotals } from './report.js';
export { HOUR_MS, noUsage, requestsOf, storedName, UsageBook } from './usage-book.js';
