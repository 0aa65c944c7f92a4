/**
 * Things that come and go with each request, in memory that is used again. Not a Set: its outgrown tables are promoted and keep alive what was in them,
 * until the next full collection of garbage.
 */
export class Slots<Item> {
  readonly #items: (Item | undefined)[] = [];
  readonly #free: number[] = [];

  /** Gives the slot, a small number, to {@link remove} it by. */
  add(item: Item): number {
    const slot = this.#free.pop() ?? this.#items.length;
    this.#items[slot] = item;
    return slot;
  }

  /** To be called once for each slot. */
  remove(slot: number): void {
    this.#items[slot] = undefined;
    this.#free.push(slot);
  }

  /** What is there, with its slot; some of it may be removed meanwhile. */
  *entries(): Generator<readonly [slot: number, item: Item]> {
    for (let slot = 0; slot < this.#items.length; slot++) {
      const item = this.#items[slot];
      if (item !== undefined) yield [slot, item];
    }
  }
}
