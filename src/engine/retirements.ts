import type { Generation } from './generation/generation.js';
import type { Submission } from './types.js';

/** How long sequences may go on after a reload on the generation that they began on. */
const SEQUENCE_DRAIN_MS = 600_000;

/** Generations that serve no more: they finish what they have accepted, and are closed then. */
export class Retirements {
  readonly #onClosed: (generation: Generation) => void;
  readonly #retiring = new Map<Generation, Promise<void>>();
  /** By generation, the one that it has replaced, while that still keeps sequences. */
  readonly #previous = new Map<Generation, Generation>();

  constructor(onClosed: (generation: Generation) => void) {
    this.#onClosed = onClosed;
  }

  /** Lets a generation finish what it has accepted, then closes it. */
  retire(generation: Generation): Promise<void> {
    const known = this.#retiring.get(generation);
    if (known !== undefined) return known;
    const retired = generation
      .idle()
      .then(() => generation.close())
      .finally(() => {
        this.#retiring.delete(generation);
        this.#forgetPrevious(generation);
        this.#onClosed(generation);
      });
    this.#retiring.set(generation, retired);
    return retired;
  }

  /** Retires a generation that another one has replaced; who is in the middle of a sequence goes on with it first. */
  replace(old: Generation, by: Generation): void {
    const { sequences } = old.scheduler;
    if (sequences === undefined) {
      void this.retire(old);
      return;
    }
    this.#previous.set(by, old);
    void sequences.over(SEQUENCE_DRAIN_MS).then(() => {
      for (const [later, previous] of this.#previous) {
        if (previous === old) later.scheduler.sequences?.rememberLost(sequences);
      }
      return this.retire(old);
    });
  }

  /** The generation that has the sequence of a request: itself, or one that it has replaced. */
  holderOf(generation: Generation, { request, call }: Submission): Generation {
    const { sequence } = request;
    if (this.#previous.size === 0 || sequence === undefined || sequence.start) return generation;
    for (let holder: Generation | undefined = generation; holder !== undefined; holder = this.#previous.get(holder)) {
      if (holder.scheduler.sequences?.holds(call.principal.ownerId, sequence.id)) return holder;
    }
    return generation;
  }

  /** A generation and those before it that still keep sequences. */
  withPrevious(generation: Generation): readonly Generation[] {
    const previous = this.#previous.get(generation);
    return previous === undefined ? [generation] : [generation, ...this.withPrevious(previous)];
  }

  /** Resolves when all are closed. */
  async done(): Promise<void> {
    await Promise.all(this.#retiring.values());
  }

  #forgetPrevious(generation: Generation): void {
    const before = this.#previous.get(generation);
    this.#previous.delete(generation);
    for (const [later, previous] of this.#previous) {
      if (previous !== generation) continue;
      if (before === undefined) this.#previous.delete(later);
      else this.#previous.set(later, before);
    }
  }
}
