import { invalidArgument, type Tensor } from '../../core/index.js';
import type { BatchItem } from '../batch.js';

/** The states of the running sequences, by slot. A sequence's state changes only when a step of it has succeeded. */
export class StateKeeper {
  readonly #initial: readonly Tensor[];
  readonly #slots = new Map<number, readonly Tensor[]>();

  constructor(initial: readonly Tensor[]) {
    this.#initial = initial;
  }

  /** What the item's step begins with; throws `invalid_argument` when nothing has been started in its slot. */
  before({ sequence }: BatchItem): readonly Tensor[] {
    if (sequence === undefined || sequence.start || this.#initial.length === 0) return this.#initial;
    const states = this.#slots.get(sequence.slot);
    if (states !== undefined) return states;
    throw invalidArgument(`no sequence has been started in slot ${sequence.slot}`);
  }

  /** The item's step has succeeded and leaves these states, which nobody else may change. */
  after({ sequence }: BatchItem, states: readonly Tensor[]): void {
    if (sequence === undefined || this.#initial.length === 0) return;
    if (sequence.end) this.#slots.delete(sequence.slot);
    else this.#slots.set(sequence.slot, states);
  }
}
