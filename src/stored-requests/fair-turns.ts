/** One of several that take turns. */
export interface TurnTaker {
  /** How many turns it gets beside the others: with 2 twice as many as with 1. More than 0. */
  weight: number;
  /** Virtual time at which its next turn is due. */
  dueAt: number;
}

/**
 * Turns by weight: start-time fair queueing. Who is due first is next, and due again as much later as the turn takes of its share. Virtual time is
 * when the turn that was taken last was due.
 */
export class FairTurns {
  #now = 0;

  newcomer(): TurnTaker {
    return { weight: 1, dueAt: this.#now };
  }

  /** Something of it waits again: who comes late owes nothing, and has saved nothing. */
  came(taker: TurnTaker): void {
    taker.dueAt = Math.max(taker.dueAt, this.#now);
  }

  /** It has had so many turns. */
  took(taker: TurnTaker, count: number): void {
    this.#now = Math.max(this.#now, taker.dueAt);
    taker.dueAt += count / taker.weight;
  }

  /** It is not ahead of the others: where nothing of it waits, it may be forgotten. */
  isEven({ dueAt }: TurnTaker): boolean {
    return dueAt <= this.#now;
  }
}
