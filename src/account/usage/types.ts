import type { CallContext } from '../../core/index.js';
import type { UsageQuestion, UsageReport } from '../../metering/index.js';

/** Usage of callers and models. */
export interface UsageUseCases {
  /**
   * The usage in a period; only the caller's own without the right to see that of others. `failed_precondition` where metering is off,
   * `invalid_argument` for an invalid question, or one with too long an answer.
   */
  report(call: CallContext, question: UsageQuestion): Promise<UsageReport>;
}

/** The state of counting. */
export interface UsageGauge {
  /** Requests that were counted since the start, and could not be written. */
  readonly lostRequests: number;
  /** Times that something was counted for `(other)`, since the start. */
  readonly folded: number;
  /** Increments that wait to be written. */
  readonly pending: number;
}
