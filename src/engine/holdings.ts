import { type BodyMemory, type ByteBudget, type CallLane, MillraceError } from '../core/index.js';
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
  take({ inputs, sizeBytes }: Held, lane: CallLane = 'online'): ByteBudget | undefined {
    const full = this.#budget.take(sizeBytes, lane === 'online' ? 1 : 0.5);
    if (full !== undefined || this.#bodies === undefined) return full;
    for (const [index, { data }] of inputs.entries()) {
      if (this.#bodies.hold(data)) continue;
      for (const held of inputs.slice(0, index)) this.#bodies.release(held.data);
      this.#budget.release(sizeBytes);
      throw new MillraceError('cancelled', 'the client is gone');
    }
    return undefined;
  }

  release({ inputs, sizeBytes }: Held): void {
    this.#budget.release(sizeBytes);
    if (this.#bodies !== undefined) for (const { data } of inputs) this.#bodies.release(data);
  }
}
