import { invalidArgument } from '../../core/index.js';
import type { ModelSequence } from '../../model/index.js';
import type { ItemSequence } from '../sequence-spec.js';

/** Makes the state with which a sequence starts. */
export type StartSequence = (sequence: { readonly id: string | bigint }) => unknown;

/** The states of running sequences, by slot. */
export class Sequences {
  readonly #running = new Map<number, ModelSequence<unknown>>();
  readonly #start: StartSequence;

  constructor(start: StartSequence) {
    this.#start = start;
  }

  /** Where an item stands; one that belongs to no sequence (warm-up) is a sequence of its own. */
  enter(item: ItemSequence | undefined): ModelSequence<unknown> {
    if (item === undefined) return { id: '', start: true, end: true, state: this.#start({ id: '' }) };
    const { slot, id, start, end } = item;
    const before = start ? undefined : this.#running.get(slot);
    if (before === undefined && !start) {
      throw invalidArgument(`sequence ${id} has not been started`);
    }
    const sequence = { id, start, end, state: before === undefined ? this.#start({ id }) : before.state };
    if (end) this.#running.delete(slot);
    else this.#running.set(slot, sequence);
    return sequence;
  }
}
