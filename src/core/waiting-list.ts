/** An item of a {@link WaitingList}, which alone writes the links: the item's neighbours, undefined at the ends and outside a list. */
export interface Linked<Item> {
  before: Item | undefined;
  behind: Item | undefined;
}

/**
 * Waiting items in order; leaving is O(1) anywhere. The items themselves are the links of the list: a Set's outgrown
 * tables are promoted by the garbage collector and keep requests and their data alive until the next full collection.
 */
export class WaitingList<Item extends Linked<Item>> {
  #first: Item | undefined;
  #last: Item | undefined;
  #size = 0;

  get first(): Item | undefined {
    return this.#first;
  }

  get last(): Item | undefined {
    return this.#last;
  }

  get size(): number {
    return this.#size;
  }

  append(item: Item): void {
    item.before = this.#last;
    if (this.#last === undefined) this.#first = item;
    else this.#last.behind = item;
    this.#last = item;
    this.#size++;
  }

  prepend(item: Item): void {
    item.behind = this.#first;
    if (this.#first === undefined) this.#last = item;
    else this.#first.before = item;
    this.#first = item;
    this.#size++;
  }

  remove(item: Item): void {
    const { before, behind } = item;
    if (before === undefined) this.#first = behind;
    else before.behind = behind;
    if (behind === undefined) this.#last = before;
    else behind.before = before;
    item.before = undefined;
    item.behind = undefined;
    this.#size--;
  }

  /** Appends items, oldest first, until `into` holds `most`. */
  take(into: Item[], most: number): void {
    for (let item = this.#first; item !== undefined && into.length < most; item = item.behind) into.push(item);
  }
}
