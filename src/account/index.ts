/** Room `account` (rank 7): callers: their keys, rights, quotas and usage. */

export { accessChange, type LiveAccess } from './access/access-change.js';
export { createAccessUseCases } from './access/access-use-cases.js';
export type { AccessQuestion, AccessUseCases, ExplainedAccess } from './access/types.js';
export { checkKeyWish } from './keys/check-key-wish.js';
export type { KeyParts } from './keys/key-holders.js';
export { createKeyUseCases } from './keys/key-use-cases.js';
export type { KeyUseCases, KeyWish, ListedKey, MadeKey } from './keys/types.js';
export { openQuotas } from './quotas/open-quotas.js';
export type { QuotaAccount } from './quotas/quota-account.js';
export type { QuotaGate } from './quotas/quota-gate.js';
export type { CountedQuota, QuotaUseCases } from './quotas/types.js';
export type { AccountUseCases } from './types.js';
export { createMetering, type Metering, type MeteringSetup } from './usage/metering.js';
export type { UsageGauge, UsageUseCases } from './usage/types.js';
