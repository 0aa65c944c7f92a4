import {
  type BodyMemory,
  type ByteBudget,
  type CallPriority,
  holdAll,
  MillraceError,
  releaseAll,
} from '../core/index.js';
import type { CheckedRequest } from './check-request.js';

type Held = Pick<CheckedRequest, 'inputs' | 'sizeBytes'>;

/** What accepted requests hold until no batch computes for them any more: bytes of a budget, and the memory in which their inputs lie. */
export class Holdings {
  readonly #budget: ByteBudget;
  readonly #bodies: BodyMemory | undefined;

  constructor(budget: ByteBudget, bodies: BodyMemory | undefined) {
    this.#budget = budget;
    this.#bodies = bodies;
  }

  /**
   * Returns the budget that is full, if one is: for the background, when half of it is taken. Throws `cancelled` when the request to which
   * the inputs belong is over.
   */
  take({ inputs, sizeBytes }: Held, priority: CallPriority = 'normal'): ByteBudget | undefined {
    const full = this.#budget.take(sizeBytes, priority === 'normal' ? 1 : 0.5);
    if (full !== undefined || holdAll(this.#bodies, inputs)) return full;
    this.#budget.release(sizeBytes);
    throw new MillraceError('cancelled', 'the client is gone');
  }

  release({ inputs, sizeBytes }: Held): void {
    this.#budget.release(sizeBytes);
    releaseAll(this.#bodies, inputs);
  }
}
