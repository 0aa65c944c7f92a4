/** The least of many, in place: `isBefore` orders, `onMoved` is told where an item is from now on (-1 = not here any more). */
export class BinaryHeap<Item> {
  readonly #items: Item[] = [];
  readonly #isBefore: (left: Item, right: Item) => boolean;
  readonly #onMoved: ((item: Item, index: number) => void) | undefined;

  constructor(isBefore: (left: Item, right: Item) => boolean, onMoved?: (item: Item, index: number) => void) {
    this.#isBefore = isBefore;
    this.#onMoved = onMoved;
  }

  get size(): number {
    return this.#items.length;
  }

  /** The least is at 0; nothing below index `i` is less than what is there: 2i + 1 and 2i + 2. */
  at(index: number): Item | undefined {
    return this.#items[index];
  }

  push(item: Item): void {
    this.#items.push(item);
    this.#rise(item, this.#items.length - 1);
  }

  /** Takes out the least. */
  pop(): Item | undefined {
    const least = this.#items[0];
    if (least !== undefined) this.remove(0);
    return least;
  }

  /** Puts another item in the place of the least. */
  replaceTop(item: Item): void {
    this.#sink(item, 0);
  }

  remove(index: number): void {
    const removed = this.#items[index];
    const last = this.#items.pop();
    if (removed === undefined || last === undefined) return;
    if (last !== removed) this.#settle(last, index);
    this.#onMoved?.(removed, -1);
  }

  /** What is at the index has another rank now. */
  changed(index: number): void {
    const item = this.#items[index];
    if (item !== undefined) this.#settle(item, index);
  }

  #settle(item: Item, index: number): void {
    const parent = this.#items[(index - 1) >> 1];
    if (index > 0 && parent !== undefined && this.#isBefore(item, parent)) this.#rise(item, index);
    else this.#sink(item, index);
  }

  #rise(item: Item, from: number): void {
    let index = from;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = this.#items[above] as Item;
      if (!this.#isBefore(item, parent)) break;
      this.#put(parent, index);
      index = above;
    }
    this.#put(item, index);
  }

  #sink(item: Item, from: number): void {
    let index = from;
    for (;;) {
      const left = 2 * index + 1;
      if (left >= this.#items.length) break;
      const [first, second] = [this.#items[left] as Item, this.#items[left + 1]];
      const isSecond = second !== undefined && this.#isBefore(second, first);
      const child = isSecond ? second : first;
      if (!this.#isBefore(child, item)) break;
      this.#put(child, index);
      index = isSecond ? left + 1 : left;
    }
    this.#put(item, index);
  }

  #put(item: Item, index: number): void {
    this.#items[index] = item;
    this.#onMoved?.(item, index);
  }
}
