import { sequenceKey } from '../../core/index.js';
import type { Sequence } from './sequence.js';

/** Sequences by owner and id, in the order in which they were added, and how many of them each owner has. */
export class OwnedSequences {
  readonly #byKey = new Map<string, Sequence>();
  readonly #activeByOwner = new Map<string, number>();
  #lost = 0;

  /** Those that are not lost. */
  get active(): number {
    return this.#byKey.size - this.#lost;
  }

  get lost(): number {
    return this.#lost;
  }

  activeOf(ownerId: string): number {
    return this.#activeByOwner.get(ownerId) ?? 0;
  }

  get(ownerId: string, id: string | bigint): Sequence | undefined {
    return this.#byKey.get(sequenceKey(ownerId, id));
  }

  all(): Iterable<Sequence> {
    return this.#byKey.values();
  }

  add(sequence: Sequence): void {
    this.#byKey.set(sequenceKey(sequence.ownerId, sequence.id), sequence);
    if (sequence.lost) this.#lost++;
    else this.#count(sequence.ownerId, 1);
  }

  /** Its state went down with its runner: it stays only so that its owner learns of it. */
  lose(sequence: Sequence): void {
    sequence.lost = true;
    this.#lost++;
    this.#count(sequence.ownerId, -1);
  }

  remove(sequence: Sequence): void {
    this.#byKey.delete(sequenceKey(sequence.ownerId, sequence.id));
    if (sequence.lost) this.#lost--;
    else this.#count(sequence.ownerId, -1);
  }

  clear(): void {
    this.#byKey.clear();
    this.#activeByOwner.clear();
    this.#lost = 0;
  }

  #count(ownerId: string, more: 1 | -1): void {
    const count = this.activeOf(ownerId) + more;
    if (count === 0) this.#activeByOwner.delete(ownerId);
    else this.#activeByOwner.set(ownerId, count);
  }
}
