import type { AccessUseCases } from './access/types.js';
import type { KeyUseCases } from './keys/types.js';
import type { QuotaUseCases } from './quotas/types.js';
import type { UsageUseCases } from './usage/types.js';

/** Callers: their keys, rights, quotas and usage. All reject with MillraceError. */
export interface AccountUseCases {
  readonly keys: KeyUseCases;
  readonly access: AccessUseCases;
  readonly quotas: QuotaUseCases;
  readonly usage: UsageUseCases;
}
