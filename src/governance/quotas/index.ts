export type { Amounts, Used } from './amounts.js';
export { checkWrittenCaller, createCallerMatch, type WrittenCaller } from './caller-match.js';
export { checkQuotas, type QuotaProblem } from './check-quotas.js';
export { type CountedQuota, type KeptCount, LocalQuotaKeeper, type QuotaKeeper } from './keeper.js';
export { LIMIT_NAMES, type LimitName } from './limits.js';
export * from './options.js';
export type { Refusal, Reservation } from './reservation.js';
export type { Caller, Whose } from './scope.js';
export { createWeights } from './weights.js';
