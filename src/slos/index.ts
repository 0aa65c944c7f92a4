/** Room `slos` (rank 4): service level objectives: which requests are good, how much of the error budget is left, how fast it burns; pure functions. */

export { type BurnRate, budgetRemaining, type SloStatus, statusOf } from './burn-rates.js';
export { type SlosOptions, SlosOptionsSchema } from './options.js';
export { alertRules } from './prometheus-rules.js';
export { alertTests } from './prometheus-tests.js';
export { checkSlos, countOf, DAY_MS, type EndedRequest, type Indicator, type Slo, slosOf } from './slo.js';
export { type Count, SloCounts } from './slo-counts.js';
