import { FairTurns, type TurnTaker } from '../stored-requests/index.js';
import type { BatchesOptions } from './options.js';

/** A batch that has not ended. */
export interface TurnBatch {
  readonly owner: string;
  /** It runs while it is there. */
  readonly run: unknown;
  /** It may have a turn. */
  readonly isWaiting: boolean;
}

export type TurnLimits = Pick<BatchesOptions, 'maxRunning' | 'maxRunningPerPrincipal'>;

/** Whose batch is next: owners take turns by weight, as for jobs. An owner's own batches go in their order. */
export class BatchTurns {
  readonly #turns = new FairTurns();
  readonly #owners = new Map<string, TurnTaker>();

  /** The owner has a batch that waits, and had none. */
  came(owner: string, weight: number): void {
    const taker = this.#takerOf(owner);
    taker.weight = weight;
    this.#turns.came(taker);
  }

  /** The batch whose turn it is; undefined = none may run. */
  next<Batch extends TurnBatch>(all: readonly Batch[], limits: TurnLimits): Batch | undefined {
    const running = all.filter(({ run }) => run !== undefined);
    if (running.length >= limits.maxRunning) return undefined;
    const runningOf = (name: string) => running.filter(({ owner }) => owner === name).length;
    let best: { readonly batch: Batch; readonly dueAt: number } | undefined;
    for (const batch of all) {
      if (!batch.isWaiting) continue;
      const { dueAt } = this.#takerOf(batch.owner);
      if (best !== undefined && dueAt >= best.dueAt) continue;
      if (runningOf(batch.owner) < limits.maxRunningPerPrincipal) best = { batch, dueAt };
    }
    return best?.batch;
  }

  /** A batch of the owner has begun its turn. */
  took(owner: string): void {
    this.#turns.took(this.#takerOf(owner), 1);
  }

  /** Keeps owners that are `known`, or are ahead of the others. */
  forget(known: ReadonlySet<string>): void {
    if (known.size === 0) this.#owners.clear();
    for (const [owner, taker] of this.#owners) {
      if (!known.has(owner) && this.#turns.isEven(taker)) this.#owners.delete(owner);
    }
  }

  #takerOf(owner: string): TurnTaker {
    const known = this.#owners.get(owner);
    if (known !== undefined) return known;
    const taker = this.#turns.newcomer();
    this.#owners.set(owner, taker);
    return taker;
  }
}
