import type { CallContext } from '../../core/index.js';
import type { Slo, SloStatus } from '../../slos/index.js';

/** An objective and how it is met. */
export type SloReport = Slo & SloStatus;

/** Service level objectives. */
export interface SloUseCases {
  /**
   * The objectives in order of name, and how each is met now: those of models and routes that the caller may observe (`model.observe`). Rejects
   * with `permission_denied` where there are none.
   */
  list(call: CallContext): Promise<readonly SloReport[]>;
}

/** An objective for a scrape. */
export interface SloGauge {
  readonly slo: string;
  readonly objective: number;
  /** Since the start. */
  readonly requests: number;
  readonly bad: number;
  readonly budgetRemaining: number;
}
