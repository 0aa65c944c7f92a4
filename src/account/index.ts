/** Room `account` (rank 7): callers: their keys, rights, quotas and usage. */

export { accessChange, type LiveAccess } from './access/access-change.js';
export type { AccessQuestion, AccessUseCases, ExplainedAccess } from './access/types.js';
export { type Account, type AccountSetup, openAccount } from './account.js';
export { checkKeyWish } from './keys/check-key-wish.js';
export type { KeyParts } from './keys/key-holders.js';
export type { KeyUseCases, KeyWish, ListedKey, MadeKey } from './keys/types.js';
export type { CountedQuota, QuotaUseCases } from './quotas/types.js';
export type { AccountUseCases } from './types.js';
export type { UsageGauge, UsageUseCases } from './usage/types.js';
