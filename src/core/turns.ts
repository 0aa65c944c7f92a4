import type { Clock } from './clock.js';

/** Bytes that are copied in one turn: a millisecond or two, the pages that they are written to included. */
const COPIED_BYTES = 2_097_152;

/**
 * For work that would hold up the event loop if it were done in one go: it awaits {@link next} between its slices. One slice runs in
 * each turn of the loop, whoever has asked, in the order of asking; so a turn stays short however many do such work.
 */
export class Turns {
  readonly #clock: Clock;
  readonly #waiting: (() => void)[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves in a later turn of the loop, in which nobody else's does. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (this.#waiting.length === 1) this.#clock.defer(this.#run);
    });
  }

  /** Results of `work` for the items in their order, at most `perTurn` of them in a turn of the loop. */
  async map<Item, Result>(
    items: readonly Item[],
    perTurn: number,
    work: (item: Item) => Result | Promise<Result>,
  ): Promise<readonly Result[]> {
    const results: Result[] = [];
    for (const [index, item] of items.entries()) {
      if (index > 0 && index % perTurn === 0) await this.next();
      results.push(await work(item));
    }
    return results;
  }

  /** The pieces as one. */
  async join(pieces: readonly Uint8Array[]): Promise<Uint8Array> {
    if (pieces.length === 1) return pieces[0] as Uint8Array;
    const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
    let at = 0;
    let room = COPIED_BYTES;
    for (const piece of pieces) {
      for (let from = 0; from < piece.length; ) {
        if (room === 0) {
          await this.next();
          room = COPIED_BYTES;
        }
        const slice = piece.subarray(from, from + room);
        whole.set(slice, at);
        at += slice.length;
        from += slice.length;
        room -= slice.length;
      }
    }
    return whole;
  }

  readonly #run = (): void => {
    this.#waiting.shift()?.();
    if (this.#waiting.length > 0) this.#clock.defer(this.#run);
  };
}
