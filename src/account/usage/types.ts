import type { CallContext } from '../../core/index.js';
import type { UsageQuestion, UsageReport } from '../../metering/index.js';

/** Usage of callers and models. */
export interface UsageUseCases {
  /**
   * What was used in a time; of the caller alone where they may not see that of others. `failed_precondition` where it is not counted,
   * `invalid_argument` for a question that cannot be read, or whose answer is too long.
   */
  report(call: CallContext, question: UsageQuestion): Promise<UsageReport>;
}

/** How counting itself does. */
export interface UsageGauge {
  /** Requests that were counted since the start, and could not be written. */
  readonly lostRequests: number;
  /** Times that something was counted for `(other)`, since the start. */
  readonly folded: number;
  /** Increments that wait to be written. */
  readonly pending: number;
}
