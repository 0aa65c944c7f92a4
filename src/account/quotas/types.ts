import type { Call, CallContext, QuotaStanding } from '../../core/index.js';
import type { CountedQuota } from '../../governance/index.js';

export type { CountedQuota, QuotaStanding };

export interface QuotaReport {
  /** The scarcest first. */
  readonly quotas: readonly CountedQuota[];
  /** Number of further quotas, beyond those listed. */
  readonly omitted: number;
}

/** Remaining quotas. */
export interface QuotaUseCases {
  /**
   * Counts an inference request from its head: of `concurrent` of quotas about all models together. Throws where that is used up. Released
   * when the inference counts itself, or with the call.
   */
  enter(call: Call): void;
  /** Of everybody, with `quota.read` on the server; else of the caller. At most 1,000. */
  report(call: CallContext): Promise<QuotaReport>;
}
