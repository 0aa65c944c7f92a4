interface Entry {
  readonly at: number;
  readonly order: number;
  readonly action: () => void;
}

/** What happens when, soonest first; of the same time in the order of its adding. A binary heap. */
export class Timetable {
  readonly #heap: Entry[] = [];
  #order = 0;

  /** Infinity = nothing will happen. */
  get nextAt(): number {
    return this.#heap[0]?.at ?? Number.POSITIVE_INFINITY;
  }

  add(at: number, action: () => void): void {
    const entry = { at, order: this.#order++, action };
    let index = this.#heap.push(entry) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = this.#heap[parent] as Entry;
      if (isBefore(above, entry)) break;
      this.#heap[index] = above;
      index = parent;
    }
    this.#heap[index] = entry;
  }

  /** Does what is due at `at` or before. */
  runUntil(at: number): void {
    while (this.nextAt <= at) this.#take().action();
  }

  #take(): Entry {
    const first = this.#heap[0] as Entry;
    const last = this.#heap.pop() as Entry;
    if (this.#heap.length > 0) this.#sink(last);
    return first;
  }

  #sink(entry: Entry): void {
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const [one, other] = [this.#heap[left], this.#heap[left + 1]];
      if (one === undefined) break;
      const isRight = other !== undefined && isBefore(other, one);
      const least = isRight ? other : one;
      if (isBefore(entry, least)) break;
      this.#heap[index] = least;
      index = isRight ? left + 1 : left;
    }
    this.#heap[index] = entry;
  }
}

function isBefore(one: Entry, other: Entry): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}
