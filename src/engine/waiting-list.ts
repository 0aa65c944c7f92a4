import type { Pending } from './pending.js';

/**
 * Waiting items in order; leaving is O(1) anywhere. The items themselves are the links of the list: a Set's outgrown
 * tables are promoted by the garbage collector and keep requests and their data alive until the next full collection.
 */
export class WaitingList {
  #first: Pending | undefined;
  #last: Pending | undefined;
  #size = 0;

  get first(): Pending | undefined {
    return this.#first;
  }

  get last(): Pending | undefined {
    return this.#last;
  }

  get size(): number {
    return this.#size;
  }

  append(item: Pending): void {
    item.before = this.#last;
    if (this.#last === undefined) this.#first = item;
    else this.#last.behind = item;
    this.#last = item;
    this.#size++;
  }

  prepend(item: Pending): void {
    item.behind = this.#first;
    if (this.#first === undefined) this.#last = item;
    else this.#first.before = item;
    this.#first = item;
    this.#size++;
  }

  remove(item: Pending): void {
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
  take(into: Pending[], most: number): void {
    for (let item = this.#first; item !== undefined && into.length < most; item = item.behind) into.push(item);
  }
}
